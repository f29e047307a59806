import TestSupport
import Testing

@Suite("The order of messages on Slack", .timeLimit(.minutes(5)))
struct SlackOrderTests {
    @Test("five messages at once are asked in the order in which they were written")
    func order() async throws {
        let model = try await LoopbackModelServer.started(behaviors: [
            "test": .chosen { request in
                let last = request.messages.last?.text ?? ""
                return last.contains("begin")
                    ? .answer("working on it", firstDelay: .milliseconds(300)) : .answer("done")
            }
        ])
        var settings = LoopbackSlack.Settings()
        settings.rateLimits = .off
        let slack = try await ServedSlack(settings: settings)
        let owners = slack.owners.map { "\"\($0)\"" }.joined(separator: ", ")
        let host = try await HostProcess(
            configuration: HostConfiguration.web(model) + "\naccess: {owners: [\(owners)]}\nadapters:\n\(slack.entry)\n"
        )
        try await host.start(environment: slack.environment)
        try await slack.meet(host)
        var wrong: [String] = []
        for round in 1...8 {
            try await slack.say("begin \(round)", in: round)
            try await eventually("the slow turn of \(round)") {
                model.requests.contains { $0.messages.last?.text.contains("begin \(round)") == true }
            }
            for number in 1...5 { try await slack.say("item \(round)-\(number)", in: round) }
            // What waits is asked together, so the last request has all of them, in its question or before it.
            func last() -> [String]? {
                model.requests.last { request in
                    request.messages.contains { $0.role == "user" && $0.text.contains("item \(round)-5") }
                }?.messages.filter { $0.role == "user" }.map(\.text)
            }
            try await eventually("all five of \(round)") { last() != nil }
            let order = (last() ?? []).joined(separator: "\n").split(separator: "\n")
                .filter { $0.contains("item \(round)-") }
            let numbers = order.compactMap { $0.split(separator: "-").last.map(String.init) }
            if numbers != ["1", "2", "3", "4", "5"] { wrong.append("\(round): \(order)") }
        }
        expectEqual(wrong, [])
        _ = await host.terminate()
        await slack.stop()
        await model.stop()
    }
}
