// swift-tools-version: 6.2
import PackageDescription

// The targets are in the order of the data's way. A module imports the foundation (Values to SortedRuns) and its own C
// libraries, never another stage; only Run imports all stages. Tests/HouseTests checks this.

let swift: [SwiftSetting] = [.swiftLanguageMode(.v6), .enableUpcomingFeature("InternalImportsByDefault")]

/// Strict memory safety: each use of a pointer is marked with `unsafe`.
///
/// Store, Package, Publish and CardCheck don't use it, because they pass rows by pointers to SQLite, libpq and libxml2, or
/// between buffers. Neither do the tests.
let checked: [SwiftSetting] = swift + [.strictMemorySafety()]

/// For the code that every record passes: optimized in debug builds too, so that tests run fast on the code of release
/// builds, and limits on allocations apply to that code.
let walked: [SwiftSetting] =
  checked
  + [.unsafeFlags(["-O", "-whole-module-optimization", "-num-threads", "2"], .when(configuration: .debug))]

/// For the foundation, whose small functions are called in every loop of the stages: other modules see their bodies and
/// the layout of their types; `-cross-module-optimization` alone does this for public ones only.
let foundation: [SwiftSetting] =
  walked
  + [
    .unsafeFlags(
      [
        "-enable-library-evolution", "-Xfrontend", "-allow-non-resilient-access", "-Xfrontend",
        "-package-cmo",
      ], .when(configuration: .release))
  ]

/// A variable of the environment as a C string; only what a commit or a number is made of.
func quoted(_ variable: String) -> String {
  let value = (Context.environment[variable] ?? "").filter {
    $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-")
  }
  return "\"\(value)\""
}

let package = Package(
  name: "cardlink",
  products: [.executable(name: "cardlink", targets: ["cardlink"])],
  // Without it cardlink builds without libpq, and refuses pipelines with a PostgreSQL store.
  traits: [
    .trait(name: "PostgreSQL", description: "The store on a PostgreSQL server as well; needs libpq-dev"),
    // Without it `cardlink-console` says that it has no server, and no web framework is built.
    // So does `cardlink-serve`.
    .trait(
      name: "Console",
      description:
        "The servers: the programs cardlink-console, for browsers, and cardlink-serve, for programs"),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
    // Only with the trait Console.
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0", traits: []),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
  ],
  targets: [
    // C libraries: a module map and a shim header each, no logic.
    .systemLibrary(name: "CLibXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    // Only with the trait PostgreSQL.
    .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
    // No library: processor instructions that find bytes.
    .systemLibrary(name: "CScan"),
    // No library: functions of the C library that Swift doesn't import.
    .systemLibrary(name: "CSync"),

    // What `--version` tells of the build; the same environment gives the same bytes.
    .target(
      name: "CBuild",
      cSettings: [
        .define("CARDLINK_COMMIT", to: quoted("CARDLINK_COMMIT")),
        .define("CARDLINK_SOURCE_DATE", to: quoted("SOURCE_DATE_EPOCH")),
      ]),

    // The foundation: values and names, files and keys, sorting on disk.
    .target(
      name: "Values", resources: [.embedInCode("Texts/reasons.txt"), .embedInCode("Texts/outcomes.txt")],
      swiftSettings: foundation),
    .target(name: "Names", dependencies: ["Values"], swiftSettings: foundation),
    .target(name: "Threads", dependencies: ["Values"], swiftSettings: walked),
    .target(name: "Files", dependencies: ["Values", "CSync"], swiftSettings: walked),
    .target(
      name: "Seal",
      dependencies: [
        "Values", "Files", .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "CryptoExtras", package: "swift-crypto"),
      ],
      swiftSettings: walked),
    // Attestations for wallets (SD-JWT VC), and their status lists: pure functions of bytes, but for the key's file.
    .target(
      name: "Attest",
      dependencies: [
        "Values", "Files", "CZlib", .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "CryptoExtras", package: "swift-crypto"),
      ],
      swiftSettings: walked),
    .target(
      name: "SortedRuns", dependencies: ["Values", "Files", "Threads", "CScan"], swiftSettings: foundation),

    // Verdicts on records, persons and cards: pure functions of values.
    .target(name: "Rules", dependencies: ["Values", "Names"], swiftSettings: foundation),

    // The stages, in order.
    .target(
      name: "Extract",
      dependencies: [
        "Values", "Names", "Rules", "Threads", "Files", "Seal", "SortedRuns", "CLibXML2", "CZlib", "CScan",
      ],
      swiftSettings: walked),
    .target(
      name: "Snapshot",
      dependencies: ["Values", "Names", "Rules", "Threads", "Files", "Seal", "SortedRuns"],
      swiftSettings: walked),
    .target(
      name: "Match",
      dependencies: ["Values", "Names", "Rules", "Threads", "Files", "Seal", "SortedRuns", "CScan"],
      swiftSettings: walked),
    .target(
      name: "Store",
      dependencies: [
        "Values", "Names", "Rules", "Threads", "Files", "Seal",
        .target(name: "CPostgres", condition: .when(traits: ["PostgreSQL"])),
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
      ], swiftSettings: swift),
    .target(
      name: "Package",
      dependencies: [
        "Values", "Names", "Threads", "Files", "Seal", "CLibXML2",
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
      ],
      resources: [
        .embedInCode("Formats/people.xsd"), .embedInCode("Formats/other_cards.xsd"),
        .embedInCode("Formats/Desk"),
      ],
      swiftSettings: swift),
    .target(
      name: "Publish",
      dependencies: ["Values", "Names", "Threads", "Files", "Seal", "SortedRuns", "Package"],
      swiftSettings: swift),

    // Card checks against the store or a package.
    .target(
      name: "CardCheck",
      dependencies: [
        "Values", "Names", "Rules", "Threads", "Files", "Seal", "Package",
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
      ], swiftSettings: swift),

    // The pipeline file, and what a workspace keeps between runs.
    .target(
      name: "Pipeline",
      dependencies: [
        "Values", "Names", "Rules", "Threads", "Files", "Seal", "SortedRuns", "Store", "Package", "Publish",
        "Yams",
      ],
      swiftSettings: checked),
    .target(
      name: "Workspace",
      dependencies: [
        "Values", "Names", "Rules", "Threads", "Files", "Seal", "SortedRuns", "Match", "Store", "Package",
        "Publish",
        "Pipeline",
      ], swiftSettings: checked),

    // The order of the stages, answers about the results, and their text.
    .target(
      name: "Run",
      dependencies: [
        "Values", "Names", "Rules", "Threads", "Files", "Seal", "SortedRuns", "Extract", "Snapshot", "Match",
        "Store", "Package", "Publish", "Pipeline", "Workspace", "Attest",
      ], swiftSettings: checked),
    .target(
      name: "Desk",
      dependencies: [
        "Values", "Names", "Rules", "Threads", "Files", "Seal", "SortedRuns", "Extract", "Match", "Store",
        "Package", "Publish", "CardCheck", "Pipeline", "Workspace", "Run", "Attest",
      ], swiftSettings: checked),
    .target(
      name: "Views",
      dependencies: [
        "Values", "Names", "Rules", "Threads", "Files", "Seal", "SortedRuns", "Match", "Store", "Pipeline",
        "Workspace", "Run", "Desk", .product(name: "Mustache", package: "swift-mustache"),
      ],
      // Compiled into the program, which is installed without other files.
      resources: [.embedInCode("Report/Templates")], swiftSettings: checked),

    // The console's pages, sessions and roles, without a server: a request in, a response out.
    .target(
      name: "Console",
      dependencies: [
        "Values", "Names", "Rules", "Files", "Seal", "Match", "Store", "Pipeline", "Workspace", "Run", "Desk",
        "Views", .product(name: "Mustache", package: "swift-mustache"),
        .product(name: "Crypto", package: "swift-crypto"),
      ],
      resources: [.embedInCode("Templates")], swiftSettings: checked),
    // The console's server, which `cardlink console` starts.
    .executableTarget(
      name: "cardlink-console",
      dependencies: [
        "Values", "Pipeline", "Console",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Hummingbird", package: "hummingbird", condition: .when(traits: ["Console"])),
        .product(name: "HummingbirdCore", package: "hummingbird", condition: .when(traits: ["Console"])),
        .product(name: "HummingbirdTLS", package: "hummingbird", condition: .when(traits: ["Console"])),
        .product(name: "NIOCore", package: "swift-nio", condition: .when(traits: ["Console"])),
        .product(name: "NIOSSL", package: "swift-nio-ssl", condition: .when(traits: ["Console"])),
      ], swiftSettings: checked),

    // Card checks for programs, without a server: who asks, how much, and what a request says.
    .target(
      name: "Gateway", dependencies: ["Values", "Files", "Seal", "CardCheck", "Desk"],
      resources: [.embedInCode("openapi.json")], swiftSettings: checked),
    // Their server, which `cardlink serve` starts.
    .executableTarget(
      name: "cardlink-serve",
      dependencies: [
        "Values", "CardCheck", "Pipeline", "Desk", "Gateway",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "NIOCore", package: "swift-nio", condition: .when(traits: ["Console"])),
        .product(name: "NIOPosix", package: "swift-nio", condition: .when(traits: ["Console"])),
        .product(name: "NIOHTTP1", package: "swift-nio", condition: .when(traits: ["Console"])),
        .product(name: "NIOSSL", package: "swift-nio-ssl", condition: .when(traits: ["Console"])),
      ], swiftSettings: checked),

    // Invented people, and the command.
    .target(
      name: "Generate", dependencies: ["Values", "Names", "Threads", "Files", "Seal", "CZlib"],
      swiftSettings: checked),
    .executableTarget(
      name: "cardlink",
      dependencies: [
        "Values", "Names", "Rules", "Files", "CardCheck", "Match", "Store", "Package", "Publish", "Pipeline",
        "Workspace", "Run", "Desk", "Views", "Generate", "Attest", "CBuild",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ], swiftSettings: checked),

    // Shared by several test targets: seeds, folders, the slow CSV reader.
    .target(name: "Support", dependencies: ["Values"], path: "Tests/Support", swiftSettings: swift),
    // A PostgreSQL server that tests start; empty without the trait.
    .target(
      name: "Loopback", dependencies: ["Values", "Names", "Store"], path: "Tests/Loopback",
      swiftSettings: swift),
    // Counts allocations for the tests that keep a limit on them.
    .target(name: "AllocationCount", path: "Tests/AllocationCount"),
    .testTarget(name: "HouseTests", swiftSettings: swift),
    .testTarget(name: "ValuesTests", dependencies: ["Values", "Names", "Support"], swiftSettings: swift),
    .testTarget(name: "RulesTests", dependencies: ["Values", "Names", "Rules"], swiftSettings: swift),
    .testTarget(
      name: "SortedRunsTests",
      dependencies: ["Values", "Names", "Threads", "Files", "Seal", "SortedRuns", "Support"],
      swiftSettings: swift),
    .testTarget(
      name: "AttestTests",
      dependencies: [
        "Values", "Files", "Attest", "Support", .product(name: "Crypto", package: "swift-crypto"),
      ],
      exclude: ["rfc9901.json"],
      swiftSettings: swift),
    .testTarget(
      name: "ExtractTests",
      dependencies: [
        "Values", "Names", "Rules", "Threads", "Files", "Seal", "SortedRuns", "Extract", "CScan", "Support",
        "AllocationCount",
      ],
      exclude: ["Staging/allocation-limits"], swiftSettings: swift),
    .testTarget(
      name: "SnapshotTests",
      dependencies: [
        "Values", "Names", "Rules", "Threads", "Files", "Seal", "SortedRuns", "Snapshot", "Support",
      ],
      swiftSettings: swift),
    .testTarget(
      name: "MatchTests",
      dependencies: [
        "Values", "Names", "Rules", "Threads", "Files", "Seal", "SortedRuns", "Match", "Support",
      ],
      swiftSettings: swift),
    .testTarget(
      name: "StoreTests",
      dependencies: [
        "Values", "Names", "Rules", "Threads", "Files", "Seal", "Match", "Store", "Support", "Loopback",
        .product(name: "GRDB", package: "GRDB.swift"),
      ], swiftSettings: swift),
    .testTarget(
      name: "PublishTests",
      dependencies: [
        "Values", "Names", "Threads", "Files", "Seal", "Package", "Publish", "Support",
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "CryptoExtras", package: "swift-crypto"),
      ],
      swiftSettings: swift),
    .testTarget(
      name: "WalkTests",
      dependencies: [
        "Values", "Names", "Rules", "Threads", "Files", "Seal", "Pipeline", "Workspace", "Run", "Desk",
        "Views",
        "Store", "Package", "Publish", "Support", "Loopback", "Generate", "Attest",
        "cardlink",
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
      ],
      exclude: ["Cases", "OldWorkspace"],
      swiftSettings: swift),
    .testTarget(
      name: "CardCheckTests",
      dependencies: [
        "Values", "Names", "Rules", "Threads", "Files", "Seal", "Match", "Store", "Package", "Publish",
        "CardCheck", "Support",
        .product(name: "GRDB", package: "GRDB.swift"),
      ],
      exclude: ["DeskPage"], swiftSettings: swift),
    .testTarget(
      name: "PipelineTests",
      dependencies: ["Values", "Names", "Package", "Publish", "Pipeline", "Generate", "Support", "Yams"],
      swiftSettings: swift),
    .testTarget(
      name: "ConsoleTests",
      dependencies: [
        "Values", "Names", "Files", "Seal", "Match", "Store", "Pipeline", "Workspace", "Run", "Desk", "Views",
        "Console",
        "Generate", "Support", "cardlink", "cardlink-console",
      ],
      swiftSettings: swift),
    .testTarget(
      name: "GenerateTests", dependencies: ["Values", "Names", "Generate", "Support"], swiftSettings: swift),
  ]
)

// `make quick` builds only what it tests: after a change in a rule neither the store nor the command.
if Context.environment["CARDLINK_QUICK"] != nil {
  let quick: Set<String> = [
    "CScan", "CSync", "CLibXML2", "CZlib", "Values", "Names", "Rules", "Threads", "Files", "Seal",
    "SortedRuns",
    "Extract", "Support", "AllocationCount", "HouseTests", "ValuesTests", "RulesTests", "ExtractTests",
  ]
  package.targets.removeAll { !quick.contains($0.name) }
  package.products = []
}
