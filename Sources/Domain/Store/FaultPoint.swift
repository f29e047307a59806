internal import Glibc
internal import Primitives

// Change: a new point for crash tests
/// Named places where a crash test ends the process, by `JETBRIDGE_FAULT=NAME` or `NAME:N` for the N-th pass, or stops it
/// like a machine that hangs (`stop:NAME`).
///
/// Inactive unless the host arms one, which it does only with a gateway on loopback. docs/design.md shows where they
/// are in a message's path.
package enum FaultPoint: String, Sendable, CaseIterable {
    case eventReceived = "event-received"
    case eventStored = "event-stored"
    case turnQueued = "turn-queued"
    case turnJoined = "turn-joined"
    case turnStarted = "turn-started"
    case firstText = "first-text"
    case partStored = "part-stored"
    case turnClosing = "turn-closing"
    case turnClosed = "turn-closed"
    case sendMarked = "send-marked"
    case sendDone = "send-done"
    case sendRecorded = "send-recorded"
    case commandAnswered = "command-answered"
    case askStored = "ask-stored"
    case askPosted = "ask-posted"
    case askDecided = "ask-decided"
    case stepStored = "step-stored"
    case commitMade = "commit-made"
    case deliveryStored = "delivery-stored"
    case newsStored = "news-stored"
    case webhookStored = "webhook-stored"
    case webhookSent = "webhook-sent"
    case reportStored = "report-stored"
    /// Runs of schedules are stored and not yet begun.
    case scheduleStored = "schedule-stored"
    /// An edit of a document is stored and not yet acknowledged.
    case editStored = "edit-stored"
    /// In a transaction, after the fence.
    case placeFenced = "place-fenced"

    private static let armed = Protected<(point: FaultPoint, passes: Int, signal: Int32)?>(nil)

    /// Arms the point that `setting` names. Returns false for an unknown name.
    package static func arm(_ setting: String) -> Bool {
        var parts = setting.split(separator: ":")
        let stops = parts.first == "stop"
        if stops { parts.removeFirst() }
        guard let name = parts.first, let point = Self(rawValue: String(name)) else { return false }
        let passes = parts.count == 2 ? Int(parts[1]) ?? 1 : 1
        Self.armed.withLock { $0 = (point, passes, stops ? SIGSTOP : SIGKILL) }
        return true
    }

    /// Ends the process like `kill -9`, or stops it, if this point is armed and its pass has come.
    package func hit() {
        let signal = Self.armed.withLock { armed -> Int32? in
            guard let current = armed, current.point == self else { return nil }
            armed?.passes -= 1
            return current.passes == 1 ? current.signal : nil
        }
        // To this thread: a signal to the process may be taken by another one, while this one goes past the point.
        if let signal { raise(signal) }
    }
}
