// What to do, in Vietnamese: the remedies of all rules, each translated once, for rules share them.
// Invariant: every remedy that a rule gives has a line here; a test goes through all words.
// Load: read when a report is written.

/// The remedy of a rule in Vietnamese.
package func vietnameseRemedy(_ english: String) -> String? { remedies[english] }

private let remedies = Dictionary(pairs) { first, _ in first }

private let pairs: [(String, String)] = [
  (
    "Correct what today's record is held back for before the grace date; then the person links again.",
    "Trước ngày hết gia hạn, hãy xử lý nguyên nhân khiến bản ghi hôm nay chưa liên kết; khi đó người này được liên kết lại."
  ),
  (
    "Add the code to values, sex in the pipeline file if its meaning is sure; else correct it in the source system.",
    "Thêm mã vào mục values, sex của tệp cấu hình nếu chắc chắn ý nghĩa; nếu không, sửa tại hệ thống nguồn."
  ),
  (
    "Ask the owner of the register what the code means and add it to values, status in the pipeline file.",
    "Hỏi cơ quan quản lý dữ liệu về ý nghĩa của mã rồi thêm vào mục values, status của tệp cấu hình."
  ),
  (
    "Ask the person for the new number and enter it in the insurance register.",
    "Hỏi người dân số định danh mới và nhập vào dữ liệu BHXH."
  ),
  (
    "Ask the person for the number and enter it in the insurance register.",
    "Hỏi người dân số định danh và nhập vào dữ liệu BHXH."
  ),
  (
    "Ask the person for the solar date and correct the register that is wrong.",
    "Hỏi người dân ngày sinh dương lịch và sửa ở nơi ghi sai."
  ),
  (
    "Ask the population register before anything is changed.",
    "Hỏi cơ quan quản lý dữ liệu dân cư trước khi thay đổi."
  ),
  (
    "Ask the population register which record holds.",
    "Hỏi cơ quan quản lý dữ liệu dân cư bản ghi nào là đúng."
  ),
  (
    "Ask the population register; an unknown status is never taken for active.",
    "Hỏi cơ quan quản lý dữ liệu dân cư; tình trạng chưa rõ không bao giờ được coi là còn hiệu lực."
  ),
  ("Ask the supplier for a whole, correct file.", "Đề nghị bên cung cấp gửi lại tệp đầy đủ, không lỗi."),
  (
    "Look at the name once when the record is next changed; nothing else to do.",
    "Xem lại họ tên khi cập nhật bản ghi lần tới; không cần làm gì khác."
  ),
  ("Check the card; the record links all the same.", "Kiểm tra lại thẻ; bản ghi vẫn được liên kết."),
  (
    "Check the date against the person's papers and correct it in the source system.",
    "Đối chiếu ngày sinh với giấy tờ và sửa tại hệ thống nguồn."
  ),
  ("Check the number against the person's papers.", "Đối chiếu số định danh với giấy tờ của người dân."),
  (
    "Check the person's papers and correct the register that is wrong.",
    "Đối chiếu giấy tờ của người dân và sửa ở nơi ghi sai."
  ),
  ("Check whether the insurance goes on.", "Kiểm tra người này còn tham gia bảo hiểm hay không."),
  (
    "Check which of the two numbers is right; the record links by its personal ID number.",
    "Kiểm tra số nào đúng; bản ghi được liên kết theo số định danh."
  ),
  ("Complete the date when the record is next changed.", "Bổ sung ngày sinh khi cập nhật bản ghi lần tới."),
  ("Correct the card number in the insurance register.", "Sửa số thẻ trong dữ liệu BHXH."),
  ("Correct the code in the insurance register.", "Sửa mã trong dữ liệu BHXH."),
  (
    "Correct the code in the insurance register; if a zero is missing, export the column as text.",
    "Sửa mã trong dữ liệu BHXH; nếu mất số 0 ở đầu, hãy xuất cột này dưới dạng văn bản."
  ),
  (
    "Correct the date in the insurance register, or add its pattern to the dates of this export.",
    "Sửa ngày trong dữ liệu BHXH, hoặc thêm mẫu ngày vào mục dates của tệp cấu hình."
  ),
  ("Correct the date in the insurance register.", "Sửa ngày trong dữ liệu BHXH."),
  ("Correct the date in the register that is wrong.", "Sửa ngày ở nơi ghi sai."),
  (
    "Correct the date in the source system, or add its pattern to the dates of this export in the pipeline file.",
    "Sửa ngày tại hệ thống nguồn, hoặc thêm mẫu ngày vào mục dates của tệp cấu hình."
  ),
  (
    "Correct the date in the source system; if the run used an old business date, give the right one with --as-of.",
    "Sửa ngày tại hệ thống nguồn; nếu lần chạy dùng ngày nghiệp vụ cũ, hãy chỉ định ngày đúng bằng --as-of."
  ),
  ("Correct the dates in the insurance register.", "Sửa các ngày trong dữ liệu BHXH."),
  ("Correct the field in the insurance register.", "Sửa trường này trong dữ liệu BHXH."),
  (
    "Correct the line in the source system, or export the file again.",
    "Sửa dòng này tại hệ thống nguồn, hoặc xuất lại tệp."
  ),
  ("Correct the name in the insurance register.", "Sửa họ tên trong dữ liệu BHXH."),
  (
    "Correct the name in the source system; if all names are so, check which column the pipeline file maps.",
    "Sửa họ tên tại hệ thống nguồn; nếu mọi họ tên đều như vậy, kiểm tra cột được khai báo trong tệp cấu hình."
  ),
  ("Correct the number in the insurance register.", "Sửa số trong dữ liệu BHXH."),
  (
    "Correct the number in the insurance register; if zeros are missing, export the column as text.",
    "Sửa số trong dữ liệu BHXH; nếu mất số 0 ở đầu, hãy xuất cột này dưới dạng văn bản."
  ),
  (
    "Correct the number in the source system; if zeros are missing, export the column as text.",
    "Sửa số tại hệ thống nguồn; nếu mất số 0 ở đầu, hãy xuất cột này dưới dạng văn bản."
  ),
  (
    "Correct the record in the source system, or map the field to a path that leads to one element.",
    "Sửa bản ghi tại hệ thống nguồn, hoặc khai báo đường dẫn chỉ đến một phần tử."
  ),
  ("End the card in the insurance register.", "Chấm dứt giá trị thẻ trong dữ liệu BHXH."),
  (
    "Enter the 12-digit personal ID number in the insurance register.",
    "Nhập số định danh 12 chữ số vào dữ liệu BHXH."
  ),
  (
    "Enter the birth date in the source system; the year alone is enough.",
    "Nhập ngày sinh tại hệ thống nguồn; chỉ có năm sinh cũng được."
  ),
  ("Enter the date in the insurance register.", "Nhập ngày vào dữ liệu BHXH."),
  ("Enter the insurance number in the insurance register.", "Nhập mã số BHXH vào dữ liệu BHXH."),
  ("Enter the name in the source system.", "Nhập họ tên tại hệ thống nguồn."),
  ("Enter the number in the source system.", "Nhập số định danh tại hệ thống nguồn."),
  ("Enter the personal ID number in the insurance register.", "Nhập số định danh vào dữ liệu BHXH."),
  ("Enter the personal ID number, if the person has one.", "Nhập số định danh, nếu người này có."),
  (
    "Expected for newborn children: wait until the birth is registered, then enter the number.",
    "Bình thường với trẻ sơ sinh: chờ đăng ký khai sinh rồi nhập số định danh."
  ),
  (
    "Expected: these cards are sent without numbers. Nothing to do.",
    "Bình thường: các thẻ này được gửi không kèm số định danh. Không cần xử lý."
  ),
  (
    "Export the column as text from the source system; the digits can't be recovered from this file.",
    "Xuất cột này dưới dạng văn bản từ hệ thống nguồn; không thể khôi phục các chữ số từ tệp này."
  ),
  (
    "Export the column as text; the number is never repaired silently.",
    "Xuất cột này dưới dạng văn bản; số không bao giờ được tự động sửa."
  ),
  (
    "Find out whose number it is and correct the other records.",
    "Xác minh mã số thuộc về ai và sửa các bản ghi còn lại."
  ),
  (
    "Give each list one value per card, in the same order, or leave a list empty altogether.",
    "Mỗi danh sách phải có một giá trị cho mỗi thẻ, theo cùng thứ tự, hoặc để trống cả danh sách."
  ),
  (
    "Judge the record anew with cardlink decide PIPELINE --file decisions.csv.",
    "Xem xét lại bản ghi bằng lệnh cardlink decide PIPELINE --file decisions.csv."
  ),
  (
    "Lawful after a change of sex; else ask the population register.",
    "Hợp lệ sau khi xác định lại giới tính; nếu không, hỏi cơ quan quản lý dữ liệu dân cư."
  ),
  (
    "Lawful after a correction of the birth year; else ask the population register.",
    "Hợp lệ sau khi cải chính năm sinh; nếu không, hỏi cơ quan quản lý dữ liệu dân cư."
  ),
  (
    "Look for a delimiter or a line break inside a value that is not quoted, and export the file again.",
    "Tìm dấu phân cách hoặc dấu xuống dòng trong giá trị không có ngoặc kép, rồi xuất lại tệp."
  ),
  (
    "Look for a missing quote or a missing end of an element before this record.",
    "Tìm dấu ngoặc kép hoặc thẻ đóng bị thiếu ở trước bản ghi này."
  ),
  ("Merge the numbers in the insurance register.", "Gộp các mã số trong dữ liệu BHXH."),
  (
    "Nothing to do until a register changes; see cardlink decisions PIPELINE.",
    "Không cần làm gì cho đến khi dữ liệu thay đổi; xem cardlink decisions PIPELINE."
  ),
  (
    "Nothing, if the group is new; else correct the card number in the insurance register.",
    "Không cần làm gì nếu mã đối tượng mới ban hành; nếu không, sửa số thẻ trong dữ liệu BHXH."
  ),
  ("Remove the test record from the insurance register.", "Xóa bản ghi thử nghiệm khỏi dữ liệu BHXH."),
  (
    "Set the right encoding of this export in the pipeline file, or export the file again as UTF-8.",
    "Khai báo đúng bảng mã của tệp trong tệp cấu hình, hoặc xuất lại tệp bằng UTF-8."
  ),
  (
    "Settle the person's records in the population register; the decision is applied by itself.",
    "Thống nhất các bản ghi của người này trong dữ liệu dân cư; quyết định sẽ tự được áp dụng."
  ),
  ("Take the name of the population register.", "Lấy theo họ tên trong dữ liệu dân cư."),
  (
    "Take the spelling of the population register when the record is next changed.",
    "Viết theo dữ liệu dân cư khi cập nhật bản ghi lần tới."
  ),
  ("Take the spelling of the population register.", "Viết theo dữ liệu dân cư."),
]
