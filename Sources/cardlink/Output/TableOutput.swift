// Tables on standard output.

import Views

extension Table {
  func write(_ form: OutputForm) {
    switch form {
    case .text: print(text)
    case .csv: print(csv, terminator: "")
    case .json: print(json)
    }
  }
}
