// The text of the pipeline file for the generated exports.
// Invariant: every key is in the contract; file names are relative to the pipeline file, so the folder can
// move.

/// - Parameter isSeries: whether the insurance export is a base and deltas.
func pipelineText(
  _ options: GeneratorOptions, population: [String], insurance: [String], isSeries: Bool = false
) -> String {
  func list(_ files: [String]) -> String {
    files.count == 1 ? " [\(files[0])]" : "\n" + files.map { "      - \($0)" }.joined(separator: "\n")
  }
  let date = options.asOf.text
  let residence =
    options.hasResidence ? "\n      residence_province: TinhCuTru      # for counts only, stored nowhere" : ""
  let previous =
    options.previous > 0
    ? "\n      previous_id: SoDinhDanhCu  # the 12-digit number before, since cancelled" : ""
  var text = """
    # Reads the exports of invented people beside this file; truth.csv says how each record must end.
    # Run it on the day the exports are of: cardlink run pipeline.yaml --as-of \(date)
    name: generated
    workspace: var                   # staged records, runs, store; relative to this file
    exports:
      population:
        format: \(options.populationFormat.rawValue)
        files:\(list(population))

    """
  text +=
    options.populationFormat == .csv
    ? """
        encoding: utf-8
        delimiter: ","
        empty: ["", "-", "NULL"]     # what counts as no value
        fields:                      # canonical name: column of the export
          personal_id: SoDinhDanh
          legacy_id: SoCMND          # the 9-digit number held before
          full_name: HoVaTen
          birth_date: NgaySinh
          sex: GioiTinh
          status: TrangThai          # without it every person is active\(residence)\(previous)
        values:                      # a code outside its list is never guessed
          sex: { Nam: male, Nữ: female }
          status: { "1": active, "2": dead, "3": missing, "4": number_cancelled, "5": left_nationality }
        dates: [dd/MM/yyyy, MM/yyyy, yyyy]     # tried in order

    """
    : """
        record: CongDan              # the element that is one record
        empty: ["", "-", "NULL"]     # what counts as no value
        fields:                      # canonical name: path of the element
          personal_id: SoDinhDanh
          legacy_id: SoCMND          # the 9-digit number held before
          full_name: [HoVaTen/Ho, HoVaTen/ChuDem, HoVaTen/Ten]     # joined with spaces; empty ones are left out
          birth_date: { any: [NgayThangNamSinh/NgayThangNam, NgayThangNamSinh/Nam] }     # a full date or a year
          sex: GioiTinh
          status: TrangThai          # without it every person is active\(residence)\(previous)
        values:                      # a code outside its list is never guessed
          sex: { "1": male, "2": female, "0": unknown }
          status: { "1": active, "2": dead, "3": missing, "4": number_cancelled, "5": left_nationality }
        dates: [yyyy-MM-dd, yyyy]    # tried in order

    """
  text += """
      insurance:
        format: \(options.insuranceFormat.rawValue)

    """
  text +=
    isSeries
    ? """
        delivery: delta
        base: [insurance-*-full*]
        files: [insurance-*-delta.csv]
        sequence: { from: file_name, pattern: "insurance-(?<sequence>[0-9]+)" }
        operation: { field: ThaoTac, values: { T: upsert, S: upsert, X: delete } }
        order_by: ThoiDiem

    """
    : """
        files:\(list(insurance))

    """
  text +=
    options.insuranceFormat == .csv
    ? """
        encoding: utf-8
        delimiter: ","

    """
    : """
        record: TheBHYT              # the element that is one record

    """
  text += """
        empty: ["", "-", "NULL"]
        fields:
          insurance_number: MaSoBHXH
          card_number: MaTheBHYT
          personal_id: SoCCCD        # 12 digits, 9 digits or nothing
          full_name: HoTen
          birth_date: NgaySinh
          sex: GioiTinh
          facility_code: MaDKBD
          valid_from: GtTheTu
          valid_to: GtTheDen         # empty: an open end
          five_years_from: NgayDu5Nam
          area_code: MaKV
        values:
          sex: { "1": male, "2": female }
        dates: [dd/MM/yyyy, MM/yyyy, yyyy]
    store:
      sqlite: card-attributes.sqlite # in the workspace unless absolute

    """
  if options.recoded > 0 {
    text += """
      facilities:                      # names, and codes that replace others
        file: facilities.csv

      """
  }
  return text
}
