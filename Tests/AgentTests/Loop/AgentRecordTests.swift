import JSON
import Models
import TestSupport
import Testing

@testable import Agent

@Suite("The record of a turn with tools", .timeLimit(.minutes(1)))
struct AgentRecordTests {
    private static let tally: AgentTally = {
        var tally = AgentTally()
        tally.answers = 3
        tally.tokens = 900
        tally.failures = ["edit": 2]
        tally.denials = ["execute": 1]
        tally.hasEffects = true
        return tally
    }()

    static let events: [AgentEvent] =
        [
            .asked(model: "m", digest: "ab"),
            .answered(
                AgentEvent.Answer(
                    model: "m", text: "a", reasoning: "hm",
                    calls: [AgentCall(id: "1.1", wireID: "c", name: "read", arguments: #"{"z":1,"a":2}"#)],
                    items: [["type": "reasoning", "encrypted_content": "x", "a": 1]],
                    usage: TokenUsage(input: 7, output: 2), finish: .toolCalls)),
            .answered(AgentEvent.Answer(model: "m", text: "", finish: nil, breakage: "it broke")),
            .answered(AgentEvent.Answer(model: "m", text: "", finish: .other("odd"))),
            .decided(AgentEvent.Decision(call: "1.1", digest: "d", decision: .allowed(rule: "r"))),
            .decided(AgentEvent.Decision(call: "1.1", digest: "d", decision: .approved(by: "al", ask: "3"))),
            .decided(AgentEvent.Decision(call: "1.1", digest: "d", decision: .approved(by: "al", ask: nil))),
            .decided(AgentEvent.Decision(call: "1.1", digest: "d", decision: .denied(reason: "no"))),
            .decided(AgentEvent.Decision(call: "1.1", digest: "d", decision: .expired)),
            .started(AgentEvent.Start(call: "1.1", title: "edit a", files: ["a"])),
            .started(AgentEvent.Start(call: "1.1", title: "edit a")),
            .finished(
                AgentEvent.Finish(
                    call: "1.1", result: ToolResult(.interrupted, text: "t\u{0}\n", summary: "s", hasChanges: true))),
            .noted(AgentEvent.Note(.repetition, "again")), .steered(author: "bob", text: "left"),
            .folded(["1.1", "1.2"]),
            .summarised(
                AgentEvent.Summary(
                    through: 9, text: "so far", people: ["<bob> left"], tasks: nil, files: ["a"], tally: Self.tally,
                    before: 900, after: 90)),
            .resumed,
        ]
        + [
            .answered, .steps(3), .tokens(9), .time(60), .repeated(tool: "read"), .failures(tool: "edit"),
            .denied(.execute), .full, .interrupted, .cut("it broke"), .filtered, .failed("no", isAboutContent: true),
        ].map { AgentEvent.ended($0) }

    @Test("every event survives its stored form", arguments: Self.events)
    func storedForm(event: AgentEvent) throws {
        let text = event.json.canonicalText
        let json = try JSON.parse(text)
        let read = try #require(AgentEvent(kind: event.kind, json: json))
        expectEqual(read, event)
        expectEqual(read.json.canonicalText, text)
    }

    @Test("an event of another version is not guessed at")
    func unknown() {
        expectEqual(AgentEvent(kind: "dreamt", json: [:]), nil)
        expectEqual(AgentEvent(kind: "finished", json: ["call": "1.1"]), nil)
    }
}

@Suite("The messages of a turn with tools", .timeLimit(.minutes(1)))
struct AgentTranscriptTests {
    private let prefix = [ModelMessage(.system, "You work."), ModelMessage(.user, "Do it.")]

    private func answer(_ number: Int, _ calls: [String], text: String = "", items: [JSON] = []) -> AgentEvent {
        .answered(
            AgentEvent.Answer(
                model: "m", text: text,
                calls: calls.enumerated().map {
                    AgentCall(id: "\(number).\($0 + 1)", wireID: $1, name: "read", arguments: "{}")
                }, items: items, finish: .stop))
    }

    private func finish(_ call: String, _ text: String = "r") -> AgentEvent {
        .finished(AgentEvent.Finish(call: call, result: ToolResult(.done, text: text, summary: "read a")))
    }

    private func messages(_ events: [AgentEvent], model: String = "m") -> [ModelMessage] {
        AgentTranscript.messages(
            after: self.prefix,
            of: events.enumerated().map { StepRecord(number: $0 + 1, elapsed: 0, event: $1) }, for: model)
    }

    @Test("results follow their calls in order, whatever came between; missing ones are filled, orphans dropped")
    func pairing() {
        let messages = self.messages([
            self.answer(1, ["x", "y", "z"]), self.finish("1.3"), .steered(author: "bob", text: "left"),
            self.finish("9.9"),
            self.finish("1.1"), .noted(AgentEvent.Note(.repetition, "again")),
        ])
        expectEqual(WellFormed.problem(in: messages), nil)
        expectEqual(messages.map(\.role), [.system, .user, .assistant, .tool, .tool, .tool, .user])
        expectEqual(messages.compactMap(\.toolCallID), ["x", "y", "z"])
        #expect(messages[4].text.hasPrefix("interrupted"))
        expectEqual(messages[6].text, "<bob> left\n\nagain")
    }

    @Test("an answer without words or calls, and a person's words in a row, make no message of their own")
    func neighbours() {
        let messages = self.messages([
            .steered(author: "", text: "one"), self.answer(1, []), .noted(AgentEvent.Note(.empty, "two")),
            self.answer(2, [], text: "So."), .resumed,
        ])
        expectEqual(WellFormed.problem(in: messages), nil)
        expectEqual(messages.map(\.role), [.system, .user, .assistant, .user])
        expectEqual(messages[1].text, "Do it.\n\none\n\ntwo")
    }

    @Test("events that are added leave the messages before them as they are")
    func stablePrefix() {
        var events: [AgentEvent] = []
        var last = self.messages([])
        for number in 1...6 {
            events += [
                self.answer(number, ["x", "y"], text: "t"), self.finish("\(number).1"), self.finish("\(number).2"),
            ]
            let messages = self.messages(events)
            expectEqual(Array(messages.prefix(last.count)), last)
            last = messages
        }
    }

    @Test("a folded result names its call and what came of it")
    func folded() {
        let messages = self.messages([
            self.answer(1, ["x"]), self.finish("1.1", "a long text"), .folded(["1.1"]),
        ])
        expectEqual(
            messages[3].text,
            "done\n[The output of read {} was removed to save space: read a. Call it again if you need it.]")
    }

    @Test("a provider's own items go back to the same model only")
    func items() {
        let events = [self.answer(1, ["x"], items: [["type": "reasoning"]]), self.finish("1.1")]
        expectEqual(self.messages(events)[2].items, [["type": "reasoning"]])
        #expect(self.messages(events, model: "other")[2].items.isEmpty)
    }

    @Test("a summary keeps what people said, and the steps behind it")
    func summary() {
        let summary = AgentEvent.Summary(
            through: 3, text: "I read x.", people: ["<bob> left"], tasks: #"{"tasks":[]}"#, files: ["a.swift"],
            tally: AgentTally(), before: 9, after: 1)
        let messages = self.messages([
            self.answer(1, ["x"]), self.finish("1.1"), .steered(author: "bob", text: "left"), self.answer(2, ["y"]),
            self.finish("2.1"), .summarised(summary),
        ])
        expectEqual(WellFormed.problem(in: messages), nil)
        expectEqual(messages.map(\.role), [.system, .user, .assistant, .tool])
        for part in ["Do it.", "<bob> left", "I read x.", "a.swift", "tasks"] {
            #expect(messages[1].text.contains(part))
        }
    }
}
