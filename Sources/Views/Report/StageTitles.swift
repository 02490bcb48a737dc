// The stages' names for officers.

package import Values
package import Workspace

extension StageName {
  package var title: Bilingual {
    switch self {
    case .extract: Bilingual("Đọc và kiểm tra", "Extract")
    case .match: Bilingual("Đối chiếu", "Match")
    case .load: Bilingual("Nạp kho dữ liệu", "Load")
    case .publish: Bilingual("Phát hành", "Publish")
    }
  }
}
