package import Primitives

/// By what usage is grouped.
package enum AnalyticsKey: String, Sendable, CaseIterable {
    case day, hour, user, thread, model, repository, tool, network, persona
}

/// What of the usage is asked for. Moments are milliseconds since 1970.
package struct AnalyticsQuery: Sendable {
    /// Whose usage it is; nil for everything.
    package enum Part: Sendable, Equatable {
        case user(String)
        case repository(String)
        case thread(String)
    }

    /// Why a parameter cannot be read, for people.
    package struct Problem: Error, Sendable, CustomStringConvertible {
        package let parameter: String
        package let description: String

        package init(parameter: String, description: String) {
            self.parameter = parameter
            self.description = description
        }
    }

    package let range: Range<Int64>
    /// At most two.
    package let keys: [AnalyticsKey]
    package let zone: Zone
    package var part: Part?

    package init(_ range: Range<Int64>, by keys: [AnalyticsKey] = [], zone: Zone = .utc, of part: Part? = nil) {
        self.range = range
        self.keys = keys
        self.zone = zone
        self.part = part
    }

    /// From words: `from` and `to` are dates of the zone or RFC 3339 times, by default the last 30 days.
    package init(
        from: String?, to: String?, by: String?, zone: String?, now: Int64, of part: Part? = nil
    ) throws(Problem) {
        guard let zone = Zone(zone ?? "UTC") else {
            throw Problem(
                parameter: "zone", description: "'\(zone ?? "")' is not a time zone; write one such as Europe/Berlin.")
        }
        var keys: [AnalyticsKey] = []
        for word in (by ?? "").split(separator: ",").map(String.init) {
            guard let key = AnalyticsKey(rawValue: word) else {
                let words = AnalyticsKey.allCases.map(\.rawValue).joined(separator: ", ")
                throw Problem(parameter: "by", description: "'\(word)' is not one of \(words).")
            }
            if !keys.contains(key) { keys.append(key) }
        }
        guard keys.count <= 2 else {
            throw Problem(parameter: "by", description: "At most two words can be combined.")
        }
        let today = zone.day(of: now)
        let end =
            try to.map { text throws(Problem) in try Self.moment(text, "to", zone) } ?? zone.start(ofDay: today + 1)
        let start =
            try from.map { text throws(Problem) in try Self.moment(text, "from", zone) }
            ?? zone.start(ofDay: zone.day(of: end - 1) - 29)
        guard start <= end else { throw Problem(parameter: "from", description: "It is later than `to`.") }
        let days = (end - start) / 86_400_000
        guard days <= (keys.contains(.hour) ? 100 : 4_000) else {
            throw Problem(
                parameter: "from", description: "At most 4,000 days can be read at once, or 100 by hour.")
        }
        self.init(start..<end, by: keys, zone: zone, of: part)
    }

    private static func moment(_ text: String, _ parameter: String, _ zone: Zone) throws(Problem) -> Int64 {
        if let moment = CivilTime.milliseconds(rfc3339: text) { return moment }
        if text.utf8.count == 10, let local = CivilTime.milliseconds(rfc3339: "\(text)T00:00:00Z") {
            return zone.moment(ofLocal: local)
        }
        throw Problem(
            parameter: parameter,
            description: "'\(text)' is neither a date such as 2026-11-26 nor a time such as 2026-11-26T09:00:00Z.")
    }
}
