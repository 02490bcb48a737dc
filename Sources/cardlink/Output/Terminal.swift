// The terminal: how wide and high it is, whether it shows colours, and the user's pager.

import Foundation
import Views

enum Terminal {
  /// How many columns the terminal at a descriptor has, which may change at any time; nil where there is none.
  static func columns(of descriptor: Int32) -> Int? {
    guard isatty(descriptor) == 1 else { return nil }
    let columns = size(of: descriptor).columns
    return columns < 20 ? 80 : columns
  }

  /// How many lines the terminal at standard output has.
  static var rows: Int {
    let rows = size(of: 1).rows
    return rows == 0 ? 24 : rows
  }

  private static func size(of descriptor: Int32) -> (columns: Int, rows: Int) {
    var size = winsize()
    guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 else { return (0, 0) }
    return (Int(size.ws_col), Int(size.ws_row))
  }

  /// Whether a descriptor shows colours: none in a file or pipe, where NO_COLOR is set, or on a dumb terminal.
  static func showsColours(_ descriptor: Int32) -> Bool {
    let environment = ProcessInfo.processInfo.environment
    return isatty(descriptor) == 1 && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
  }

  /// The command that shows long answers: PAGER, else less where it is installed; nil for none.
  static var pager: String? {
    let environment = ProcessInfo.processInfo.environment
    if let pager = environment["PAGER"] { return ["", "cat"].contains(pager) ? nil : pager }
    let folders = (environment["PATH"] ?? "").split(separator: ":")
    return folders.contains { FileManager.default.isExecutableFile(atPath: $0 + "/less") } ? "less" : nil
  }
}

extension Paint {
  static var ofStandardOutput: Paint { Paint(isOn: Terminal.showsColours(1)) }
  static var ofStandardError: Paint { Paint(isOn: Terminal.showsColours(2)) }
}
