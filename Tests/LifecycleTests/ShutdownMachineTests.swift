import TestSupport
import Testing

@testable import Lifecycle

@Suite("ShutdownMachine")
struct ShutdownMachineTests {
    private struct Broken: Error {}

    /// The actions except reports, as text.
    private func steps(_ machine: inout ShutdownMachine, _ input: ShutdownMachine.Input) -> [String] {
        machine.handle(input).compactMap { action in
            switch action {
            case .report: nil
            case .stop(let index): "stop \(index)"
            case .cancel(let index): "cancel \(index)"
            case .startTotalDeadline: "total deadline"
            case .startCancelDeadline: "cancel deadline"
            case .finish(let error): "finish \((error as? LifecycleError)?.code.rawValue ?? "well")"
            }
        }
    }

    @Test("an orderly shutdown stops one service at a time, last first")
    func orderly() {
        var machine = ShutdownMachine(names: ["store", "model", "web"])
        expectEqual(self.steps(&machine, .terminate(reason: "SIGTERM")), ["total deadline", "stop 2"])
        expectEqual(self.steps(&machine, .ended(2, error: nil)), ["stop 1"])
        expectEqual(self.steps(&machine, .ended(1, error: CancellationError())), ["stop 0"])
        expectEqual(self.steps(&machine, .ended(0, error: nil)), ["finish well"])
        expectEqual(self.steps(&machine, .totalDeadline), [])
        expectEqual(self.steps(&machine, .terminate(reason: "SIGTERM")), [])
    }

    @Test("a second signal cancels all remaining services")
    func secondSignal() {
        var machine = ShutdownMachine(names: ["store", "model", "web"])
        _ = machine.handle(.terminate(reason: "SIGTERM"))
        _ = machine.handle(.ended(2, error: nil))
        expectEqual(self.steps(&machine, .terminate(reason: "SIGINT")), ["cancel 1", "cancel 0", "cancel deadline"])
        expectEqual(self.steps(&machine, .terminate(reason: "SIGINT")), [])
        expectEqual(self.steps(&machine, .ended(0, error: CancellationError())), [])
        expectEqual(self.steps(&machine, .ended(1, error: Broken())), ["finish cutShort"])
    }

    @Test("an overdue service is cancelled and the next one is stopped")
    func overdue() {
        var machine = ShutdownMachine(names: ["store", "model", "web"])
        _ = machine.handle(.terminate(reason: "SIGTERM"))
        expectEqual(self.steps(&machine, .serviceDeadline(2)), ["cancel 2", "stop 1"])
        expectEqual(self.steps(&machine, .serviceDeadline(2)), [])
        expectEqual(self.steps(&machine, .ended(1, error: nil)), ["stop 0"])
        expectEqual(self.steps(&machine, .ended(0, error: nil)), ["cancel deadline"])
        expectEqual(self.steps(&machine, .ended(2, error: CancellationError())), ["finish overdue"])
    }

    @Test("the total deadline cancels, and services that keep running are left behind")
    func totalDeadline() {
        var machine = ShutdownMachine(names: ["store", "web"])
        expectEqual(self.steps(&machine, .totalDeadline), [])
        _ = machine.handle(.terminate(reason: "SIGTERM"))
        expectEqual(self.steps(&machine, .totalDeadline), ["cancel 1", "cancel 0", "cancel deadline"])
        expectEqual(self.steps(&machine, .ended(0, error: nil)), [])
        expectEqual(self.steps(&machine, .cancelDeadline), ["finish cutShort"])
        expectEqual(self.steps(&machine, .ended(1, error: nil)), [])
    }

    @Test("a service that ends on its own stops the others in order and is the error")
    func earlyEnd() throws {
        var machine = ShutdownMachine(names: ["store", "model", "web"])
        expectEqual(self.steps(&machine, .ended(1, error: Broken())), ["total deadline", "stop 2"])
        expectEqual(self.steps(&machine, .ended(2, error: nil)), ["stop 0"])
        let actions = machine.handle(.ended(0, error: Broken()))
        let ending: LifecycleError? =
            if case .finish(let error as LifecycleError) = actions.last { error } else { nil }
        let error = try #require(ending)
        expectEqual(error.code, .serviceFailed)
        expectEqual(error.service, "model")
        #expect(error.underlying is Broken)
    }

    @Test("when the only service ends on its own, nothing is left to stop")
    func lastEnds() {
        var machine = ShutdownMachine(names: ["web"])
        expectEqual(self.steps(&machine, .ended(0, error: nil)), ["total deadline", "finish serviceEnded"])
    }

    @Test("services that end while another one is stopping are skipped")
    func endOutOfTurn() {
        var machine = ShutdownMachine(names: ["a", "b", "c", "d"])
        _ = machine.handle(.terminate(reason: "SIGTERM"))
        expectEqual(self.steps(&machine, .ended(2, error: nil)), [])
        expectEqual(self.steps(&machine, .ended(1, error: Broken())), [])
        expectEqual(self.steps(&machine, .ended(3, error: nil)), ["stop 0"])
        expectEqual(self.steps(&machine, .ended(0, error: nil)), ["finish serviceFailed"])
    }

    @Test("cancellation of the caller cancels everything at once")
    func cancelled() {
        var machine = ShutdownMachine(names: ["store", "web"])
        expectEqual(self.steps(&machine, .cancel), ["cancel 1", "cancel 0", "cancel deadline"])
        expectEqual(self.steps(&machine, .ended(0, error: nil)), [])
        expectEqual(self.steps(&machine, .ended(1, error: nil)), ["finish cutShort"])
    }
}
