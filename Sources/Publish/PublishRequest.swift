// What publishing is asked for and what it answers.
// Invariant: values only; nothing here touches a file.

package import Values

package struct PublishRequest: Sendable {
  /// The folder of the runs' folders and the link `current`.
  package var folder: String
  /// The pipeline's name.
  package var pipeline: String
  /// The run that is published: `run-0007`.
  package var runID: Int
  /// The business date.
  package var asOf: CalendarDate
  package var policy: PublishPolicy
  /// Memory for rows before they are sorted and written to disk.
  package var memoryBytes: Int
  /// How many packages are written at once.
  package var threads: Int
  /// How many files the process may have open; nil for what the system says.
  package var openFiles: Int?

  package init(
    folder: String, pipeline: String, runID: Int, asOf: CalendarDate, policy: PublishPolicy = PublishPolicy(),
    memoryBytes: Int, threads: Int
  ) {
    self.folder = folder
    self.pipeline = pipeline
    self.runID = runID
    self.asOf = asOf
    self.policy = policy
    self.memoryBytes = memoryBytes
    self.threads = threads
  }
}

/// The people of a store in parts, which are read side by side.
package struct PeopleParts: Sendable {
  package var count: Int
  /// Hands over the persons of one part in batches, ascending by personal ID number; numbers of a part come before those of
  /// the next.
  package var handOver: @Sendable (Int, (PersonBatch) throws(Stop) -> Void) throws(Stop) -> Void

  package init(
    count: Int,
    handOver: @escaping @Sendable (Int, (PersonBatch) throws(Stop) -> Void) throws(Stop) -> Void
  ) {
    (self.count, self.handOver) = (count, handOver)
  }
}

package struct PublishReport: Sendable, Hashable {
  /// Packages written.
  package var packages = 0
  /// Packages of changes among them.
  package var deltas = 0
  /// Packages that are encrypted among them.
  package var encrypted = 0
  /// Packages that were left out, for there is no key to encrypt them to; ascending.
  package var leftOut: [String] = []
  /// Persons in no package: each one that has them was left out.
  package var personsLeftOut = 0
  /// Persons in the packages written, each counted once.
  package var persons = 0
  /// Further packages in which these persons are: the copies for a province or for all.
  package var copies = 0
  /// Persons in no package: no facility on their card, or a code that can't name a package.
  package var personsWithoutFacility = 0
  /// Of these, the ones whose code is not made of the letters and digits of ASCII.
  package var personsWithMalformedFacility = 0
  /// Persons in no package: no rule of the pipeline file selects their facility.
  package var personsNotSelected = 0

  package init() {}
}
