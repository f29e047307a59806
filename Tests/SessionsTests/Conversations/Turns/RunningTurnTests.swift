import Chat
import Joining
import Primitives
import TestSupport
import Testing

@testable import Delivery
@testable import Sessions
@testable import Threads

@Suite("What a running turn decides")
struct RunningTurnTests {
    private static let start = ContinuousClock.now

    private static func at(_ seconds: Int) -> ContinuousClock.Instant { Self.start + .seconds(seconds) }

    // MARK: Time

    @Test("the clock stops while anybody is waited for")
    func clock() {
        var clock = TurnClock(.seconds(60), at: Self.at(0))
        expectEqual(clock.due, .seconds(60))
        #expect(clock.stop(at: Self.at(10)) && clock.due == nil)
        #expect(!clock.stop(at: Self.at(20)) && !clock.start(at: Self.at(500)) && clock.due == nil)
        #expect(clock.start(at: Self.at(900)) && clock.due == .seconds(50))
        #expect(clock.stop(at: Self.at(1_000)) && clock.start(at: Self.at(2_000)))
        expectEqual(clock.due, .zero, "its time was over")
    }

    @Test("more time counts from the start, while it runs and while it is stopped; less is ignored")
    func extended() {
        var clock = TurnClock(.seconds(60), at: Self.at(0))
        #expect(!clock.extend(to: .seconds(60), at: Self.at(1)) && !clock.extend(to: .seconds(5), at: Self.at(1)))
        #expect(clock.extend(to: .seconds(100), at: Self.at(40)) && clock.due == .seconds(60))
        expectEqual(clock.stop(at: Self.at(50)), true)
        #expect(!clock.extend(to: .seconds(200), at: Self.at(70)) && clock.due == nil)
        #expect(clock.start(at: Self.at(80)) && clock.due == .seconds(150))
    }

    @Test("commands have no limit of their own, but wait for people as well")
    func command() {
        let turn = Sample.running(kind: .run)
        #expect(turn.clock.due == nil && turn.clock.stop(at: .now) && turn.clock.isStopped)
        #expect(turn.clock.start(at: .now) && turn.clock.due == nil)
        expectEqual(turn.clock.extend(to: .seconds(900), at: .now), false)
        expectEqual(Sample.running(kind: .specify).clock.due, .seconds(60))
    }

    // MARK: The end

    @Test("the first reason to end it counts", arguments: [RunningTurn.Cut.stopped, .timedOut, .shutdown])
    func cut(_ cut: RunningTurn.Cut) {
        let turn = Sample.running()
        expectEqual(turn.outcome(orElse: .complete), .complete)
        #expect(turn.end(because: cut) && !turn.end(because: .stopped) && turn.cut == cut)
        let outcomes: [RunningTurn.Cut: TurnOutcome] = [
            .stopped: .stopped, .timedOut: .cut(TurnTexts.timedOut), .shutdown: .interrupted,
        ]
        expectEqual(turn.outcome(orElse: .failed("no")), outcomes[cut])
    }

    @Test("a turn that waits for people when the host stops begins again, unless it has said something")
    func suspended() {
        func end(_ prepare: (RunningTurn) -> Void) -> Bool {
            let turn = Sample.running()
            prepare(turn)
            _ = turn.end(because: .shutdown)
            return turn.isSuspended
        }
        #expect(end { _ = $0.clock.stop(at: .now) })
        #expect(!end { _ in })
        #expect(
            !end {
                _ = $0.clock.stop(at: .now)
                _ = $0.add("said")
            })
        let stopped = Sample.running()
        _ = stopped.clock.stop(at: .now)
        _ = stopped.end(because: .stopped)
        #expect(!stopped.isSuspended)
    }

    @Test("whoever waits for the end is woken by it", .timeLimit(.minutes(1)))
    func waiters() async {
        let turn = Sample.running()
        let (first, second) = (turn.addWaiter(), turn.addWaiter())
        turn.hasEnded()
        await first.wait()
        await second.wait()
    }

    // MARK: What it says

    @Test("where nothing can be edited, finished paragraphs are due, and the rest before what follows and at the end")
    func lines() {
        let turn = Sample.running()
        #expect(turn.takeFirstText() && !turn.takeFirstText())
        #expect(turn.add("One.").messages.isEmpty)
        expectEqual(turn.add("\n\nTwo").messages, ["One."])
        expectEqual(turn.takeText()?.messages, ["Two"])
        #expect(turn.takeText() == nil)
        _ = turn.add("\n\nThree")
        expectEqual(turn.lastMessages().texts, ["Three"])
        expectEqual(turn.text, "One.\n\nTwo\n\nThree")
        expectEqual(turn.divide(by: []), false)
    }

    @Test("a growing answer shows that it thinks, then its steps above its text, which a message in between divides")
    func growing() {
        let turn = Sample.running(in: .edits)
        func shown() -> String { String(decoding: turn.growing.answer, as: UTF8.self) }
        _ = turn.thoughts.add("Hm.", at: 0)
        expectEqual(shown(), TurnTexts.thinking)
        turn.thoughts.pause(at: 1)
        #expect(turn.add("One.").messages.isEmpty && shown() == "One.")
        #expect(turn.divide(by: []) && !turn.divide(by: []), "nothing was said since")
        _ = turn.add("Two.")
        turn.steps = TurnSteps(shown: "- a step", folded: "1 step")
        expectEqual(shown(), "- a step\n\nOne.Two.")
        expectEqual(turn.growing.divisions.ends, ["- a step\n\nOne.".utf8.count])
        #expect(turn.takeText() == nil)
        expectEqual(turn.lastMessages().texts, ["1 step\n\nOne.", "Two."])
    }

    @Test("a command's output is one block, with the words about it below")
    func output() {
        let turn = Sample.running(kind: .run, in: .edits)
        _ = turn.add(CommandOutput(stream: .standardOutput, text: "built\n"))
        _ = turn.add(words: "exit 0")
        _ = turn.lastMessages()
        expectEqual(turn.text, "```\nbuilt\n```\n\nexit 0", "\(turn.text)")
    }
}
