internal import Glibc
internal import HTTP

/// The `Date` header's value, formatted at most once per second.
struct ServerDate {
    private var second = 0
    private var text: [UInt8] = []

    var bytes: [UInt8] {
        mutating get {
            let now = time(nil)
            if now != self.second {
                self.second = now
                self.text = HTTPDate.bytes(now)
            }
            return self.text
        }
    }
}
