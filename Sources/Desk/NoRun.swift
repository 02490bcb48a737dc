// The one answer to every question that needs a run, as long as there is none.

package import Values

extension Desk {
  /// What a question gets while no run has finished.
  package func noRun() throws(Stop) -> Stop {
    guard let last = try runs().last else {
      return Stop(
        .storeUnavailable, at: pipeline.path, expected: "a run", found: "none in \(pipeline.workspace)",
        remedy: "Run the pipeline first. Chưa có lượt chạy nào; hãy chạy trước.",
        next: "cardlink run PIPELINE")
    }
    return Stop(
      .storeUnavailable, at: pipeline.path, expected: "a run that has finished",
      found: "run \(last.id), \(last.state.rawValue), and none before it that has",
      remedy: "See first what stopped it. Chưa có lượt chạy nào hoàn tất.", next: "cardlink status PIPELINE")
  }
}
