import Values
import Extract
import Testing

@Suite struct ReasonColumnTests {
  @Test("a reason names the column that the pipeline file maps")
  func column() {
    let named = rules(.population) { $0.columnNames = [.sex: "GioiTinh"] }
    #expect(named.column(of: .sexCode) == "GioiTinh")
    #expect(named.column(of: .fieldCount) == nil)
  }
}
