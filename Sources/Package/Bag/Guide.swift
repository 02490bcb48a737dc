// HUONG-DAN.txt: what a package is, how to check and open it, and whom to ask, for those who receive one.
// Invariant: the sender's tag manifest covers it. UTF-8 with a byte order mark and Windows line ends, so that Notepad of any
// version shows it.

enum Guide {
  /// - Parameter contact: whom to ask; may be empty.
  static func text(contact: String) -> String {
    let asked = contact.isEmpty ? "cơ quan BHXH đã gửi gói này" : contact
    let english = contact.isEmpty ? "the insurance office that sent the package" : contact
    return pieces[0] + asked + pieces[1] + english + pieces[2]
  }

  /// The text before, between and after the two places of the contact: made once for thousands of packages.
  private static let pieces = ("\u{FEFF}" + body.replacing("\n", with: "\r\n")).split(separator: "{ask}").map(
    String.init)

  /// The same in every package but for the contact.
  private static let body = """
    HƯỚNG DẪN SỬ DỤNG GÓI DỮ LIỆU THẺ BẢO HIỂM Y TẾ
    (English below)

    1. ĐÂY LÀ GÌ
    Gói dữ liệu thẻ BHYT của những người đăng ký khám chữa bệnh ban đầu tại cơ sở, do cơ quan BHXH gửi, dùng để tra cứu thẻ
    khi không có mạng. Tệp bag-info.txt ghi: nơi nhận (Cardlink-Recipient), ngày dữ liệu (Cardlink-As-Of), ngày cuối cùng
    được dùng (Cardlink-Valid-Until). Quá ngày đó thì không dùng gói này nữa, hãy lấy gói mới.
    Cardlink-Kind: full là gói đầy đủ; delta là gói chỉ gồm thay đổi, phải ghép vào gói đang có bằng lệnh cardlink apply.
    Gói chứa dữ liệu cá nhân: chỉ người có nhiệm vụ được mở; không gửi qua thư điện tử, mạng xã hội; xóa gói đã hết hạn.

    2. KIỂM TRA TRƯỚC KHI DÙNG
    Không thêm, sửa, xóa tệp nào trong thư mục này. Trên máy có cardlink:
        cardlink verify .  --key publish.key.pub
    Trên Windows không có cardlink: mở PowerShell trong thư mục này (giữ Shift, bấm chuột phải, chọn PowerShell), chạy:
        Get-Content tagmanifest-sha256.txt, manifest-sha256.txt | ForEach-Object { $h, $f = $_ -split '  ', 2; if (-not (Test-Path $f) -or (Get-FileHash -Algorithm SHA256 $f).Hash -ne $h) { "HONG: $f" } }
    Không hiện gì là mọi tệp còn nguyên. Hiện HONG: tệp đó thiếu hoặc đã bị thay đổi: không dùng, chép lại hoặc xin gói mới.
    Xem mã của một tệp: certutil -hashfile data\\people.csv SHA256
    Lệnh trên chỉ phát hiện tệp hỏng. Để biết ai đã gửi, kiểm tra chữ ký bằng cardlink, hoặc bằng OpenSSL 3 với khóa công khai
    nhận bằng đường khác (không phải tệp publisher.pem trong gói):
        openssl pkeyutl -verify -pubin -inkey publish.key.pub -rawin -in tagmanifest-sha256.txt -sigfile tagmanifest-sha256.txt.sig

    3. TRA CỨU THẺ
        cardlink check-card --package .
    Quét mã QR, hoặc gõ: số, họ tên, ngày sinh.
    Không có cardlink, nếu gói có tệp data\\people.desk: mở trang desk.html đã đối chiếu mã và cất trên máy, chọn tệp đó.

    4. MỞ BẰNG EXCEL
    Không bấm đúp vào tệp .csv: Excel làm mất số 0 ở đầu và chữ tiếng Việt, và coi ô bắt đầu bằng = + - @ là công thức.
    Chép tệp ra ngoài thư mục này rồi mở: Data (Dữ liệu) > From Text/CSV (Từ Văn bản/CSV) > chọn tệp > File Origin (Nguồn gốc
    tệp): 65001 Unicode (UTF-8) > Transform Data (Chuyển đổi dữ liệu) > chọn mọi cột, Data Type (Kiểu dữ liệu): Text (Văn bản)
    > Close & Load (Đóng & Tải).
    people.csv: mỗi người một dòng với thẻ dùng trong ngày dữ liệu. other-cards.csv (nếu có): các thẻ khác của họ.

    5. HỎI AI
    Hỏi {ask}. Khi gọi, đọc các dòng Cardlink-Recipient, Cardlink-Run và Cardlink-As-Of trong bag-info.txt;
    không đọc số định danh hay họ tên của người bệnh.


    HOW TO USE THIS PACKAGE OF HEALTH-INSURANCE CARD DATA

    1. WHAT THIS IS
    The card data of the people who are registered with a facility, sent by the insurance office, to check cards without a
    network. The file bag-info.txt says for whom it is (Cardlink-Recipient), of which day the data are (Cardlink-As-Of), and the last
    day on which they may be used (Cardlink-Valid-Until). After that day, get a new package.
    Cardlink-Kind: full is a whole package; delta holds changes only, which cardlink apply adds to the package that you have.
    It holds personal data: only those whose task it is may open it; don't send it by e-mail or messenger; delete old packages.

    2. CHECK IT BEFORE USE
    Don't add, change or delete a file in this folder. Where cardlink is installed:
        cardlink verify .  --key publish.key.pub
    On Windows without cardlink: the PowerShell command above prints nothing if every file is as it was sent, and HONG and the
    file's name if one is missing or changed: then don't use the package, copy it again or ask for it anew. On Linux:
        sha256sum --check --quiet tagmanifest-sha256.txt manifest-sha256.txt
    This finds damage only. The signature shows who sent the package: use the openssl command above, with the public key that
    came another way.

    3. CHECK A CARD
        cardlink check-card --package .
    Without cardlink, if the package has data\\people.desk: open the desk.html that you checked and keep, and choose that file.

    4. OPEN IT IN EXCEL
    Don't double-click a .csv file: Excel drops leading zeros and Vietnamese letters, and takes a cell that begins with = + - @
    for a formula. Copy the file elsewhere, then Data > From Text/CSV > File Origin 65001 Unicode (UTF-8) > Transform Data >
    all columns as Text > Close & Load.
    people.csv: a line for each person, with the card of the data's day. other-cards.csv (if there): their other cards.

    5. WHOM TO ASK
    Ask {ask}. Have the lines Cardlink-Recipient, Cardlink-Run and Cardlink-As-Of of bag-info.txt at hand;
    don't read out ID numbers or names of patients.

    """
}
