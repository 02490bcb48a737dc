// The content of a run's report as plain values; the templates hold its words and its markup.

package import Values

/// One run's report: a page of HTML in Vietnamese and English, without scripts and without personal data.
package struct ReportPage: Sendable {
  var pipeline: String
  var run: Int
  var asOf: Bilingual
  var state: State
  package var verdict: Bilingual
  var started: Bilingual
  var finished: Bilingual?
  var stopped: Bilingual?
  /// Whether figures come first, rather than what stopped the run.
  var isDone: Bool
  var failure: Failure?
  var gates: Gates?
  var tiles: [Tile] = []
  var insurance: Flow?
  var population: Flow?
  var armedForces: ArmedForces?
  var causes: Causes?
  var grace: Grace?
  var decisions: Decisions?
  var packages: Packages?
  var trend: Trend?
  var places: Places?
  var facilityProvinces: FacilityProvinces?
  var residents: Residents?
  var facilities: FacilityCodes?
  var series: [Series]
  var stages: Stages?
  var files: Files?
  var nextSteps: [NextStep]
  /// The file that the page was made from.
  var recordFile: String

  struct State {
    /// The style: `done`, `held` or `failed`.
    var style: String
    var title: Bilingual
  }

  struct Failure {
    /// What went wrong and what to do, by the exit code.
    var meaning: Bilingual
    var remedy: Bilingual
    /// The message itself, with places and figures.
    var text: String
    var command: String
  }

  struct LikelyCause {
    var text: Bilingual
    var command: String
  }

  struct Gates {
    var failed: Table?
    var passed: Table?
    var all: Int
    var isHeld: Bool
    /// Why the run was held, most likely.
    var likely: [LikelyCause]
    var releaseCommand: String?
    var release: Release?

    struct Table {
      var count: Int
      var rows: [Row]
    }
    struct Row {
      var passed: Bool
      var title: Bilingual
      var about: Bilingual
      var limit: Bilingual
      var figure: Bilingual
    }
    struct Release {
      var by: String
      var at: Bilingual
      var because: String
    }
  }

  struct Tile {
    var title: Bilingual
    var value: Bilingual
    var below: [Bilingual]
  }

  struct ArmedForces {
    var groups: [Group]
    var others: Bilingual

    struct Group {
      var code: String
      var title: Bilingual
      var records: Bilingual
    }
  }

  struct Causes {
    var items: [Item]

    struct Item {
      var meaning: Bilingual
      var name: String
      var records: Bilingual
      var share: Bilingual
      /// The length of the bar in percent.
      var width: Int
      var remedy: Bilingual
      var command: String
    }
  }

  struct Grace {
    var persons: Bilingual
    /// Whether the store with their cards is loaded.
    var isKept: Bool
    var causes: [Item]
    var ends: [Line]

    struct Item {
      var title: Bilingual
      var records: Bilingual
      var command: String
    }
  }

  struct Decisions {
    var lines: [Line]
    var command: String
  }

  struct Packages {
    var packages: Bilingual
    var persons: Bilingual
    var lines: [Line]
    /// Who gets no package for want of a key, and the command that names the facilities.
    var warning: Bilingual?
    var doctor: String?
    /// How many card numbers are left out of packages that show 15 characters.
    var cardNumbers: Bilingual?
  }

  struct Line {
    var title: Bilingual
    var count: Bilingual
  }

  struct Trend {
    /// Business dates.
    var count: Int
    /// The first and the last of them.
    var from: Bilingual
    var until: Bilingual
    var curves: [Curve]
    var runs: [Row]

    struct Row {
      var run: Int
      var asOf: Bilingual
      var state: Bilingual
      var linkRate: Bilingual
      var quarantined: Bilingual
      var insurance: Bilingual
      var population: Bilingual
      var seconds: Bilingual
    }
  }

  struct Places {
    /// What the rates are compared with.
    var reference: Bilingual
    /// By province of today.
    var items: [Item]
    var former: Former?

    /// By province before July 2025.
    struct Former { var items: [Item] }

    struct Item {
      var name: Bilingual
      var code: String?
      var value: Bilingual
      var records: Bilingual
      var difference: Difference?
    }

    /// How far a rate lies from its reference, as a bar to the left or to the right.
    struct Difference {
      var text: Bilingual
      var isBelow: Bool
      /// In percent of the bar's room, at most half of it.
      var width: Double
    }
  }

  /// By province of residence.
  struct Residents { var items: [Places.Item] }

  struct FacilityProvinces {
    /// By province of today.
    var items: [Item]
    var former: Former?

    /// By province before July 2025.
    struct Former { var items: [Item] }

    struct Item {
      var name: Bilingual
      var code: String?
      var persons: Bilingual
      var share: Bilingual
    }
  }

  /// Codes that the table of facilities lacks, and codes that were replaced.
  struct FacilityCodes {
    var known: Bilingual
    var unknown: Codes?
    var replaced: Codes?
    var command: String

    struct Codes {
      var codes: Bilingual
      var persons: Bilingual
      var rows: [Row]
    }

    struct Row {
      var code: String
      /// The code and the name that the facility has now; nil if unknown.
      var current: String?
      var persons: Bilingual
    }
  }

  struct Stages {
    var rows: [Row]

    struct Row {
      var title: Bilingual
      var width: Double
      var seconds: Bilingual
      var records: Bilingual
      var rate: Bilingual
    }
  }

  struct Files {
    var rows: [Row]
    /// The number of files not listed; nil if all are.
    var more: Int?

    struct Row {
      var name: String
      var damage: String?
      var export: Bilingual
      var size: Bilingual
      var records: Bilingual
      var quarantined: Bilingual
    }
  }

  struct NextStep {
    var command: String
    var purpose: Bilingual
  }
}
