// Card checks that are answered together.

package import Rules
import Values

/// Questions in the order of the input; the buffers are reused.
package struct QuestionBatch: Sendable {
  package var questions: [CardQuestion] = []
  /// The clean names, back to back, as UTF-8.
  package var names: [UInt8] = []

  package init() {}

  package mutating func removeAll() {
    questions.removeAll(keepingCapacity: true)
    names.removeAll(keepingCapacity: true)
  }
}
