// What publishing is asked for and what it answers.
// Invariant: values only; nothing here touches a file.

package struct PublishRequest: Sendable {
  /// Where the runs' folders and the link `current` stand.
  package var folder: String
  /// The run that is published: `run-0007`.
  package var runID: Int
  /// The business date, ISO 8601.
  package var asOf: String
  /// Memory for rows before they are sorted and written to disk.
  package var memoryBytes: Int

  package init(folder: String, runID: Int, asOf: String, memoryBytes: Int) {
    self.folder = folder
    self.runID = runID
    self.asOf = asOf
    self.memoryBytes = memoryBytes
  }
}

package struct PublishReport: Sendable, Hashable, Codable {
  /// Packages written.
  package var facilities = 0
  /// Persons in them.
  package var persons = 0
  /// Persons in no package: no facility on their card, or a code that can't name a file.
  package var personsWithoutFacility = 0
  /// Of these, the ones whose code is not made of the letters and digits of ASCII.
  package var personsWithMalformedFacility = 0

  package init() {}
}
