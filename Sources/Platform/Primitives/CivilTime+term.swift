extension CivilTime {
    /// When a term ends that somebody wrote: a duration from now such as `12h`, `7d` or `2w`, or a time in RFC 3339. In
    /// milliseconds since 1970; nil for anything else, and for an end that is not within `reach` from now.
    package static func end(of term: String, at now: Int64, within reach: ClosedRange<Int64>) -> Int64? {
        guard term.utf8.count <= 40 else { return nil }
        let units: [Character: Int64] = ["m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 7 * 86_400_000]
        let span: Int64?
        if let unit = term.last.flatMap({ units[$0] }), let count = Int64(untrusted: term.dropLast()) {
            let (product, isTooLong) = count.multipliedReportingOverflow(by: unit)
            span = isTooLong ? nil : product
        } else {
            span = CivilTime.milliseconds(rfc3339: term.uppercased()).map { $0 - now }
        }
        return span.flatMap { reach.contains($0) ? now + $0 : nil }
    }
}
