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

  /// The run whose store is in force; nil if there is none.
  package var runInForce: Int? { try? Store(path: storePath(in: workspace)).runID() }
}

extension WorkspaceReader {
  /// Whether a stage's result still exists; a store or a package exists only while it is in force.
  package func hasResult(of stage: RunRecord.FinishedStage) -> Bool {
    stage.stage >= .load || Folder.exists(folder(of: stage))
  }

  /// The name of the folder of packages in force.
  package var publication: String? {
    Folder.target(ofLink: path + "/packages/current").map(Folder.name(of:))
  }

  /// The run whose packages are in force.
  package var publishedRun: Int? {
    guard let name = publication else { return nil }
    let parts = name.split(separator: "-")
    return parts.count > 1 && parts[0] == "run" ? Int(parts[1]) : nil
  }
}
