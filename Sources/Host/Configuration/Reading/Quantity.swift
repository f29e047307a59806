/// Parses durations and sizes.
package enum Quantity {
    private static let timeUnits: [(String, Duration)] = [
        ("ms", .milliseconds(1)), ("s", .seconds(1)), ("m", .seconds(60)), ("h", .seconds(3600)),
        ("d", .seconds(86_400)),
    ]
    private static let sizeUnits: [(String, Int)] = [
        ("B", 1), ("KB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("KiB", 1 << 10), ("MiB", 1 << 20),
        ("GiB", 1 << 30),
    ]

    /// One or more numbers with units, largest unit first: `1h30m`.
    package static func duration(_ text: String) -> Duration? {
        var rest = Substring(text)
        var total = Duration.zero
        var previous = Duration.seconds(Int64.max)
        repeat {
            guard let number = self.number(&rest) else { return nil }
            let letters = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(letters.count)
            guard let unit = self.timeUnits.first(where: { $0.0 == letters })?.1, unit < previous else { return nil }
            total += unit * number
            previous = unit
        } while !rest.isEmpty
        return total
    }

    static func size(_ text: String) -> Int? {
        var rest = Substring(text)
        guard let number = self.number(&rest), let unit = self.sizeUnits.first(where: { $0.0 == rest })?.1 else {
            return nil
        }
        let (size, isTooLarge) = number.multipliedReportingOverflow(by: unit)
        return isTooLarge ? nil : size
    }

    /// The size in the largest unit of 1,024 that needs no fraction; ``size(_:)`` parses it back.
    static func size(of bytes: Int) -> String {
        let (name, unit) = self.sizeUnits.last { $0.0 != "GB" && bytes >= $0.1 && bytes % $0.1 == 0 } ?? ("B", 1)
        return "\(bytes / unit)\(name)"
    }

    /// The duration in the largest unit that needs no fraction; ``duration(_:)`` parses it back.
    package static func text(_ duration: Duration) -> String {
        for (name, unit) in self.timeUnits.reversed() {
            let count = Int(duration / unit)
            if count > 0, unit * count == duration { return "\(count)\(name)" }
        }
        return "0s"
    }

    /// At most nine digits, so that no unit overflows.
    private static func number(_ rest: inout Substring) -> Int? {
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        guard (1...9).contains(digits.count) else { return nil }
        rest = rest.dropFirst(digits.count)
        return Int(digits)
    }
}
