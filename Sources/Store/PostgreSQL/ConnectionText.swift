// Checks the pipeline file's connection text for the PostgreSQL server.
// Invariant: a text that passes is one that libpq can parse and holds no password. A build without libpq
// refuses every text. Messages never repeat a refused text, because it may hold a password.

#if PostgreSQL
  internal import CPostgres
#endif

/// The key `store.postgresql`.
package enum ConnectionText {
  /// What is wrong with a text: expected, found, remedy.
  package struct Fault: Hashable, Sendable {
    package var expected: String
    package var found: String
    package var remedy: String
  }

  /// What is wrong with a text; nil if it may be used.
  package static func fault(in text: String) -> Fault? {
    #if PostgreSQL
      guard let options = PQconninfoParse(text, nil) else {
        return Fault(
          expected: "a connection text as libpq reads it", found: "another text",
          remedy: "Write postgresql: service=cardlink, or host=… dbname=… user=…")
      }
      defer { PQconninfoFree(options) }
      var option = options
      while let keyword = option.pointee.keyword {
        if ["password", "sslpassword"].contains(String(cString: keyword)), let value = option.pointee.val,
          value.pointee != 0
        {
          return Fault(
            expected: "no password in the pipeline file", found: "one",
            remedy: "Take it out and change it; libpq reads it from ~/.pgpass (docs/postgresql.md).")
        }
        option += 1
      }
      return nil
    #else
      return Fault(
        expected: "a cardlink that was built with PostgreSQL", found: "one without",
        remedy: "Install libpq-dev and build: swift build -c release --traits PostgreSQL, or remove the key.")
    #endif
  }
}
