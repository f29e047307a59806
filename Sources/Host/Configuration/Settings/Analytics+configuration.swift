internal import Analytics
internal import JSON
internal import Primitives
internal import Store

extension AnalyticsSettings {
    /// The keys `prices`, `budgets` and `reports`.
    ///
    /// - Parameter networks: The ids of the configured networks.
    static func read(_ root: Section, networks: [String], repositories: [Configuration.Repository]) -> Self {
        var settings = Self()
        settings.prices = PriceTable(own: Self.prices(root))
        settings.budgets = root.section("budgets") { Self.budgets($0) }
        var names: Set<String> = []
        settings.reports =
            root.list("reports") { value in
                value.section { Self.report($0, networks: networks, names: &names) }
            } ?? []
        settings.reports += repositories.map(\.dueTasks)
        return settings
    }

    /// When and where a repository's due tasks are named: at nine, in the thread that has worked on its tasks last.
    static func dueTasks(_ section: Section?, of name: String) -> ReportSchedule {
        ReportSchedule(
            name: "due tasks", time: .nine, zone: section.map { Self.zone($0) } ?? .utc, period: .day,
            targets: section?.list("to") { $0.string() } ?? [ReportSchedule.tasksTarget + name], tasks: name)
    }

    /// By model, in dollars per million tokens.
    private static func prices(_ root: Section) -> [String: Price] {
        guard let value = root.value("prices") else {
            root.effective.set("prices", [:])
            return [:]
        }
        var prices: [String: Price] = [:]
        for (model, price) in value.members() ?? [] {
            prices[model] =
                price.section { section -> Price? in
                    let amount = { (key: String) in section.optional(key) { $0.number(in: 0...1_000_000) } }
                    let (cached, written, request) = (amount("cached"), amount("written"), amount("request"))
                    guard let input = section.required("in", { $0.number(in: 0...1_000_000) }),
                        let output = section.required("out", { $0.number(in: 0...1_000_000) })
                    else { return nil }
                    return Price(
                        input: input, output: output, cached: cached, written: written, request: request ?? 0)
                }
        }
        return prices
    }

    private static func budgets(_ section: Section) -> Budgets {
        var budgets = Budgets()
        let read = { (key: String) -> [Budgets.Budget] in
            section.section(key) { section in
                Period.allCases.compactMap { period in
                    section.optional(period.rawValue) { $0.number(in: 0.01...1_000_000_000) }
                        .map { Budgets.Budget(period, $0) }
                }
            }
        }
        budgets.person = read("person")
        budgets.repository = read("repository")
        budgets.host = read("host")
        budgets.zone = Self.zone(section)
        return budgets
    }

    private static func zone(_ section: Section) -> Zone {
        section.read("zone", default: Zone.utc, shown: "UTC") { value in
            guard let name = value.string() else { return nil }
            return Zone(name) ?? value.error("the system knows no time zone '\(name)'; write one such as Europe/Berlin")
        }
    }

    private static func report(
        _ section: Section, networks: [String], names: inout Set<String>
    ) -> ReportSchedule? {
        let name = section.required("name") { value -> String? in
            guard let name = value.string() else { return nil }
            guard 1...64 ~= name.utf8.count else { return value.error("a name has at most 64 bytes") }
            return names.insert(name).inserted ? name : value.error("another report has the name '\(name)'")
        }
        let time = section.required("at") { value -> ReportSchedule.Time? in
            guard let text = value.string() else { return nil }
            return ReportSchedule.Time(text)
                ?? value.error("'\(text)' is no time; write 09:00, Mon 09:00, or 1 09:00 for the first of a month")
        }
        let period = section.read("period", default: Period.week) { $0.choice() }
        let zone = Self.zone(section)
        var places = 0
        let targets = section.list("to") { value -> String? in
            places += 1
            guard let target = value.string() else { return nil }
            let isKnown =
                target.hasPrefix("web:") && target.utf8.count > 4
                || networks.contains { target.hasPrefix($0 + "/") && target.utf8.count > $0.utf8.count + 1 }
            return isKnown
                ? target
                : value.error(
                    "'\(target)' is no place: write web:THREAD, or a configured network and a room, such as "
                        + "irc:local/#team")
        }
        if section.value("to") == nil || targets != nil && places == 0 {
            section.error("a report needs a place in 'to'")
        }
        guard let name, let time else { return nil }
        return ReportSchedule(name: name, time: time, zone: zone, period: period, targets: targets ?? [])
    }
}
