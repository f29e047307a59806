/// How usage is priced, limited and reported.
package struct AnalyticsSettings: Sendable {
    package var prices = PriceTable()
    package var budgets = Budgets()
    package var reports: [ReportSchedule] = []

    package init() {}
}
