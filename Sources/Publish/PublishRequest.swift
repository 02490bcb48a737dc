// The request for a publication and its report.

package import Package
package import Values

package struct PublishRequest: Sendable {
  /// The folder that holds the folders of runs and the link `current`.
  package var folder: String
  /// The pipeline's name.
  package var pipeline: String
  /// The run to publish: `run-0007`.
  package var runID: Int
  /// The business date.
  package var asOf: CalendarDate
  package var policy: PublishPolicy
  /// The table of facilities on the business date.
  package var facilities = Facilities()
  /// Memory for rows before they are sorted and written to disk.
  package var memoryBytes: Int
  /// How many packages are written at once.
  package var threads: Int
  /// Whether each recipient is sure to have its package of the publication in force, so that changes may follow it.
  package var recipientsHavePackagesInForce = true
  /// Signed status lists of attestations, for every package.
  package var statusLists: [StatusFile] = []
  /// How many files the process may have open; nil for the system's limit.
  package var openFiles: Int?

  /// The last day on which the packages may be used.
  package var validUntil: CalendarDate { asOf.adding(days: policy.validDays) }

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

/// The people of a store in parts, which several threads read at once.
package struct PeopleParts: Sendable {
  package var count: Int
  /// Passes on the persons of one part in batches, ascending by personal ID number; all numbers of a part are
  /// below those of the next.
  package var handOver: @Sendable (Int, (PersonBatch) throws(Stop) -> Void) throws(Stop) -> Void
  /// Finds insurance numbers of 10 digits of a part's persons in earlier stores; asked where a rule wants card numbers of
  /// 15 characters, until a publication has noted them.
  package var formerNumbers: @Sendable (Int) throws(Stop) -> FormerNumbers = { _ in { _ in .none } }

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
  /// How many of them hold changes.
  package var deltas = 0
  /// How many of them are encrypted.
  package var encrypted = 0
  /// Packages left out because there is no key to encrypt them to, ascending.
  package var leftOut: [String] = []
  /// Persons in no package because all their packages were left out.
  package var personsLeftOut = 0
  /// Persons in the packages written, each counted once.
  package var persons = 0
  /// Further packages that hold these persons: copies for a province or for all.
  package var copies = 0
  /// Persons in no package because their card has no facility, or a code that can't name a package.
  package var personsWithoutFacility = 0
  /// How many of these have a code that is not of ASCII letters and digits.
  package var personsWithMalformedFacility = 0
  /// Persons in no package because no rule selects their facility.
  package var personsNotSelected = 0
  /// Persons in packages whose card number is left out, because no insurance number of 10 digits is known; a person counts
  /// once for each package.
  package var cardNumbersLeftOut = 0
  /// All persons of the store by the facility on their serving card.
  package var facilities = FacilityCounts()
}
