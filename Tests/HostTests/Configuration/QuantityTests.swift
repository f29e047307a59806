import TestSupport
import Testing

@testable import Host

@Suite("Configuration: durations and sizes")
struct QuantityTests {
    @Test(
        "durations need numbers and units, largest first",
        arguments: [
            ("500ms", .milliseconds(500)), ("30s", .seconds(30)), ("10m", .seconds(600)), ("2h", .seconds(7200)),
            ("1d", .seconds(86_400)), ("1h30m", .seconds(5400)), ("1m500ms", .milliseconds(60_500)), ("0s", .zero),
            ("10", nil), ("", nil), ("s", nil), ("1.5s", nil), ("-1s", nil), ("1 s", nil), ("1m1h", nil), ("1s1s", nil),
            ("1S", nil), ("1000000000s", nil), ("5min", nil), ("٣s", nil),
        ] as [(String, Duration?)])
    func durations(_ text: String, expected: Duration?) {
        expectEqual(Quantity.duration(text), expected)
    }

    @Test(
        "sizes need one number and a unit",
        arguments: [
            ("512MiB", 512 << 20), ("1GiB", 1 << 30), ("64KiB", 65_536), ("1KB", 1000), ("2MB", 2_000_000), ("7B", 7),
            ("3GB", 3_000_000_000), ("512", nil), ("1TiB", nil), ("MiB", nil), ("1.5GiB", nil), ("1 MiB", nil),
            ("1mib", nil),
        ] as [(String, Int?)])
    func sizes(_ text: String, expected: Int?) {
        expectEqual(Quantity.size(text), expected)
    }

    @Test("a formatted duration parses back to itself", arguments: ["100ms", "90s", "2m", "3h", "366d", "0s"])
    func text(_ text: String) {
        expectEqual(Quantity.duration(text).map(Quantity.text), text)
    }
}
