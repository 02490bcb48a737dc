// A progress that ignores everything.

import Run
import Workspace

struct SilentProgress: Progress {
  func begin(_ stage: StageName, note: String) {}
  func advance(_ stage: StageName, done: Int, of total: Int, unit: String) {}
  func end(_ stage: StageName, records: Int, seconds: Double, note: String) {}
  func note(_ text: String) {}
}
