// Short ways to write the values that rules take.

import Rules
import Testing
import Values

/// Calls a rule with the bytes of a text.
func with<R>(_ text: String, _ body: (Span<UInt8>) -> R) -> R { body(Array(text.utf8).span) }

func personalID(_ text: String) -> PersonalID { (try? PersonalID(text.utf8.span)) ?? PersonalID(packed: 0) }
func date(_ iso: String) -> CalendarDate { CalendarDate(iso: iso) ?? .none }
func insuranceNumber(_ text: String) -> InsuranceNumber { (try? InsuranceNumber(text.utf8.span)) ?? .none }
func cardNumber(_ text: String) -> CardNumber { (try? CardNumber(text.utf8.span)) ?? .none }

/// Collects the words that a rule reports.
func words(_ rule: (inout Reasons) -> Void) -> String {
  var reasons = Reasons()
  rule(&reasons)
  return reasons.text
}

let patterns = ["dd/MM/yyyy", "yyyy"].compactMap { DatePattern($0) }
