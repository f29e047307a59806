internal import Primitives

/// A time in the zone in which it was recorded.
struct CommitTime: Sendable {
    /// Seconds since 1970.
    let seconds: Int64
    /// Minutes east of UTC.
    let offset: Int

    /// `2026-03-01 14:05 +0100`.
    var text: String {
        let civil = self.civil
        return "\(civil.date) \(civil.clock.prefix(5)) \(self.zone(separator: ""))"
    }

    /// RFC 3339.
    var machine: String {
        let civil = self.civil
        return "\(civil.date)T\(civil.clock)" + self.zone(separator: ":")
    }

    private var civil: CivilTime {
        // A hostile commit may claim any time, so the years are limited to 1–9999.
        CivilTime(
            seconds: min(max(self.seconds, -62_135_596_800), 253_402_300_799) + Int64(self.offset % 1440) * 60)
    }

    private func zone(separator: String) -> String {
        let minutes = abs(self.offset % 1440)
        return
            "\(self.offset < 0 ? "-" : "+")\(Self.padded(minutes / 60))\(separator)\(Self.padded(minutes % 60))"
    }

    private static func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
