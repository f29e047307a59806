package import Primitives

/// A calendar period in a zone. Weeks begin on Monday.
package enum Period: String, Sendable, CaseIterable {
    case day, week, month

    /// The moment at which the period with `moment` begins. All times are milliseconds since 1970.
    package func start(of moment: Int64, in zone: Zone) -> Int64 {
        zone.start(ofDay: self.firstDay(of: moment, in: zone))
    }

    /// The moment at which the next period begins.
    package func end(of moment: Int64, in zone: Zone) -> Int64 {
        let first = self.firstDay(of: moment, in: zone)
        switch self {
        case .day: return zone.start(ofDay: first + 1)
        case .week: return zone.start(ofDay: first + 7)
        // Day 32 of a month is one of the next month.
        case .month: return self.start(of: zone.start(ofDay: first + 31), in: zone)
        }
    }

    /// The last whole period before `moment`.
    package func last(before moment: Int64, in zone: Zone) -> Range<Int64> {
        let end = self.start(of: moment, in: zone)
        return self.start(of: end - 1, in: zone)..<end
    }

    private func firstDay(of moment: Int64, in zone: Zone) -> Int64 {
        let (day, local) = (zone.day(of: moment), zone.local(moment))
        return switch self {
        case .day: day
        case .week: day - Int64((local.weekday + 6) % 7)
        case .month: day - Int64(local.day - 1)
        }
    }
}
