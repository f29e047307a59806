internal import Primitives

/// HTTP dates such as `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7), as seconds since 1970.
package enum HTTPDate {
    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    package static func format(_ seconds: Int) -> String { String(decoding: self.bytes(seconds), as: UTF8.self) }

    package static func bytes(_ seconds: Int) -> [UInt8] {
        let time = CivilTime(seconds: Int64(seconds))
        var text = Array(Self.days[time.weekday].utf8)
        text.reserveCapacity(32)
        text += ", ".utf8
        text.append(time.day, digits: 2)
        text.append(0x20)
        text += Self.months[time.month - 1].utf8
        text.append(0x20)
        text.append(time.year, digits: 4)
        text.append(0x20)
        time.writeClock(to: &text)
        text += " GMT".utf8
        return text
    }

    /// Parses the current format only; the two obsolete ones give `nil`, as the standard lets a recipient ignore a date
    /// that it can't parse.
    package static func parse(_ text: String) -> Int? {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0].utf8.count == 4, parts[5] == "GMT",
            let day = Self.number(parts[1], digits: 2), let month = Self.months.firstIndex(of: String(parts[2])),
            let year = Self.number(parts[3], digits: 4)
        else { return nil }
        let time = parts[4].split(separator: ":", omittingEmptySubsequences: false)
        guard time.count == 3, let hour = Self.number(time[0], digits: 2), let minute = Self.number(time[1], digits: 2),
            let second = Self.number(time[2], digits: 2)
        else { return nil }
        return CivilTime.seconds(year: year, month: month + 1, day: day, hour: hour, minute: minute, second: second)
            .map { Int($0) }
    }

    private static func number(_ text: Substring, digits: Int) -> Int? {
        text.utf8.count == digits && text.utf8.allSatisfy(ByteSet.digits.contains) ? Int(text) : nil
    }
}
