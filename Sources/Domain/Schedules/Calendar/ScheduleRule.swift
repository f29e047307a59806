package import Primitives

/// When something runs: once, again and again, or at an event.
package enum ScheduleRule: Sendable, Hashable {
    case once
    /// - Parameter minute: After local midnight.
    case days(Weekdays, minute: Int)
    /// Milliseconds, from when it was set.
    case interval(Int64)
    case cron(CronFields)
    case push(branch: String)
    case failure(workflow: String)
    case due(task: String)

    /// Milliseconds between two runs.
    static let shortestInterval: Int64 = 600_000

    /// The first time after a moment, in milliseconds since 1970; nil if it runs only once or at an event.
    ///
    /// A local time that occurs twice runs once, the first time; one that a change of the clock leaves out runs as much later
    /// as the clock is put forward.
    ///
    /// - Parameter start: When it was set.
    package func next(after moment: Int64, from start: Int64, in zone: Zone) -> Int64? {
        switch self {
        case .once, .push, .failure, .due: return nil
        case .interval(let length):
            guard moment >= start else { return start + length }
            return start + ((moment - start) / length + 1) * length
        case .cron(let fields): return fields.next(after: moment, in: zone)
        case .days(let weekdays, let minute):
            let today = zone.day(of: moment)
            return (today...today + 8).lazy.filter { day in
                weekdays.contains(CivilTime(milliseconds: day * 86_400_000).weekday)
            }.map { zone.moment(ofLocal: $0 * 86_400_000 + Int64(minute) * 60_000) }.first { $0 > moment }
        }
    }

    /// An event as it is looked up.
    package struct Event: Sendable, Equatable {
        package enum Kind: String, Sendable { case push, failure, due }

        package let kind: Kind
        /// In lower case.
        package let subject: String
    }

    /// What it waits for; nil for a time.
    package var event: Event? {
        switch self {
        case .push(let branch): Event(kind: .push, subject: branch.lowercased())
        case .failure(let workflow): Event(kind: .failure, subject: workflow.lowercased())
        case .due(let task): Event(kind: .due, subject: task.lowercased())
        case .once, .days, .interval, .cron: nil
        }
    }

    /// As it is typed and stored: `every day 09:00`, `on push main`; empty for once.
    package var text: String {
        switch self {
        case .once: return ""
        case .days(let weekdays, let minute):
            return "every \(weekdays.text) \(Self.two(minute / 60)):\(Self.two(minute % 60))"
        case .interval(let length):
            let minutes = length / 60_000
            return minutes % 60 == 0 ? "every \(minutes / 60)h" : "every \(minutes)m"
        case .cron(let fields): return "every \"\(fields.text)\""
        case .push(let branch): return "on push \(branch)"
        case .failure(let workflow): return "on failure \(Self.quoted(workflow))"
        case .due(let task): return "on due \(task)"
        }
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    private static func quoted(_ text: String) -> String { text.contains(" ") ? "\"\(text)\"" : text }
}
