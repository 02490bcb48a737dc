// The states of a run, in the words of run.json, the store, `status` and the metrics.

/// The state of a run.
package enum RunState: String, Hashable, Sendable, Codable {
  case running, failed, held, done
  /// Recorded as running, but no process holds the workspace. Derived when a record is read; never written.
  case cutOff = "cut_off"

  package var title: Bilingual {
    switch self {
    case .done: Bilingual("hoàn tất", "done")
    case .held: Bilingual("tạm giữ ở cổng kiểm soát", "held at a gate")
    case .failed: Bilingual("không hoàn tất", "failed")
    case .running: Bilingual("đang chạy", "running")
    case .cutOff: Bilingual("bị ngắt giữa chừng", "cut off")
    }
  }
}
