/// Times as the interface tells them: RFC 3339 in UTC, to the millisecond.
enum Timestamp {
    static func text(_ milliseconds: Int64) -> String {
        var seconds = milliseconds / 1000
        var rest = milliseconds % 1000
        if rest < 0 {
            seconds -= 1
            rest += 1000
        }
        let digits = String(rest)
        let fraction = String(repeating: "0", count: 3 - digits.count) + digits
        return CommitTime(seconds: seconds, offset: 0).local + ".\(fraction)Z"
    }
}
