// Reads the pipeline's table of facilities.

import Extract
package import Pipeline
package import Values

extension Pipeline {
  /// The table of facilities as it is on a day; empty without one.
  ///
  /// - Throws: ``Stop`` with ``Exit/dataRefused`` and a finding for each fault of the table; with
  ///   ``Exit/exportMissing`` if it is missing.
  package func facilities(on day: CalendarDate) throws(Stop) -> Facilities {
    guard let file = facilities else { return Facilities() }
    let table = FacilityTable(
      path: file.path, encoding: file.encoding.flatMap { TextEncoding(rawValue: $0) },
      delimiter: file.delimiter)
    return Facilities(try table.read(), on: day)
  }
}
