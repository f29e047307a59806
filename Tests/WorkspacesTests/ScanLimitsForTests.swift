import Git

enum ScanLimitsForTests {
    static let small = ScanLimits(entries: 50, fileBytes: 1_000)
}
