// The invented facilities, and the table of them: which got a new code, and from when.
// Invariant: no two codes are equal; a facility's new code is in the table as well.

internal import Files
import Values

struct GeneratedFacility {
  let code: String
  /// The code that replaces it, if it is recoded.
  let newCode: String
  let isRecoded: Bool
  private let province: Int

  /// - Parameter number: from 0, among the facilities of a province.
  init(_ number: Int, in province: Int, _ options: GeneratorOptions) {
    let facility = Places.facility(number, of: options.facilitiesPerProvince, in: province)
    let prefix = padded(UInt64(province), to: 2)
    let last = padded(UInt64(facility.digits % 100), to: 2)
    if facility.letter == nil {
      code = prefix + padded(UInt64(facility.digits), to: 3)
      newCode = prefix + String(UnicodeScalar(UInt8(68 + facility.digits / 100))) + last
    } else {
      code = prefix + "C" + last
      newCode = prefix + "P" + last
    }
    self.province = province
    let word = mixed(options.seed ^ UInt64(province * 1000 + number) &* 0x5EED)
    isRecoded = options.recoded > 0 && Double(word >> 11) < options.recoded * 0x1p53
  }

  /// Writes the table of all facilities.
  static func writeTable(_ path: String, _ options: GeneratorOptions) throws(Stop) {
    var file = try GeneratedFile(path, gzip: false)
    file.append("code,name,province_2025,successor,successor_from\n")
    let from = CalendarDate(options.asOf.year, options.asOf.month, 1)
    for place in Places.all.prefix(Places.provinceCount) {
      let today = padded(UInt64(ProvinceOfToday.of(place.code)?.code ?? place.code), to: 2)
      for number in 0..<options.facilitiesPerProvince {
        let facility = GeneratedFacility(number, in: place.code, options)
        let name = "Cơ sở Mẫu \(facility.code)"
        if facility.isRecoded {
          file.append("\(facility.code),\(name),\(today),\(facility.newCode),\(from.text)\n")
          file.append("\(facility.newCode),\(name),\(today),,\n")
        } else {
          file.append("\(facility.code),\(name),\(today),,\n")
        }
        try file.endRecord()
      }
    }
    try file.finish()
  }
}
