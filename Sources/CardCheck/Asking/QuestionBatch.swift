// A batch of card checks that are answered together.

package import Rules

/// Questions in the order of the input.
///
/// The buffers are reused.
package struct QuestionBatch: Sendable {
  package var questions: [CardQuestion] = []
  /// The clean names in UTF-8, one after the other without separators.
  package var names: [UInt8] = []

  package init() {}

  package mutating func removeAll() {
    questions.removeAll(keepingCapacity: true)
    names.removeAll(keepingCapacity: true)
  }
}
