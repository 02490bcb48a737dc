// What is in force: the run whose store is read, and the run whose packages are.

import Files
package import Store
package import Values
package import Pipeline

extension Pipeline {
  /// A session with the PostgreSQL server; nil if the pipeline names none.
  ///
  /// - Throws: ``Stop`` with ``Exit/storeUnavailable`` if it can't be reached or belongs to another pipeline.
  package func server() throws(Stop) -> PostgreSQLStore? {
    guard let postgresql else { return nil }
    return try PostgreSQLStore(postgresql, pipeline: name)
  }

  /// The run whose store is in force; nil if there is none of this version.
  ///
  /// - Throws: ``Stop`` if a store is there and can't be read.
  package func runInForce() throws(Stop) -> Int? { try Store.runID(at: storePath(in: workspace)) }
}

extension WorkspaceReader {
  /// Whether a stage's result is there still; a store's or a package's is looked for where it is in force.
  package func hasResult(of stage: RunRecord.FinishedStage) throws(Stop) -> Bool {
    if stage.stage >= .load { return true }
    return try Folder.exists(folder(of: stage))
  }

  /// Whether a run has finished these stages and their results are there still.
  package func hasResults(of stages: [StageName], in run: RunRecord) throws(Stop) -> Bool {
    for stage in stages {
      guard let finished = run.finished(stage), try hasResult(of: finished) else { return false }
    }
    return true
  }

  /// The name of the folder of packages in force.
  package func publication() throws(Stop) -> String? {
    try Folder.target(ofLink: path + "/packages/current").map(Folder.name(of:))
  }

  /// The run whose packages are in force.
  package func publishedRun() throws(Stop) -> Int? {
    guard let name = try publication() else { return nil }
    let parts = name.split(separator: "-")
    return parts.count > 1 && parts[0] == "run" ? Int(parts[1]) : nil
  }
}
