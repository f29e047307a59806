package import Primitives

/// How times of schedules read.
package enum ScheduleTexts {
    /// `Monday 2026-11-30 09:00 (Europe/Berlin)`.
    package static func moment(_ moment: Int64, in zone: Zone) -> String {
        let local = zone.local(moment)
        let day = Weekdays.names[local.weekday]
        return "\(day.prefix(1).uppercased())\(day.dropFirst()) \(local.date) \(local.clock.prefix(5)) (\(zone.name))"
    }
}
