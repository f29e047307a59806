internal import EventLoop
internal import HTTP
internal import Primitives
internal import Store

/// Whoever waits until another host no longer has a place. A host that hangs, or is cut off, does not say so itself.
final class HostStays: Sendable {
    private struct Waiter {
        let place: Place
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var last = 0
        /// By the origin of the gateway.
        var waiting: [String: [Int: Waiter]] = [:]
        var isLooking = false
    }

    private let peers: GatewayPeers
    private let state = Protected(State())

    /// Between two looks, each at one place of each host: a host that is alive ends by itself what is about others.
    private static let pause = Duration.milliseconds(500)

    init(_ peers: GatewayPeers) { self.peers = peers }

    /// Returns once `origin` no longer has the place, or the task is cancelled.
    func end(of origin: String, _ place: Place) async {
        let number = self.state.withLock { state in
            state.last += 1
            return state.last
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isFirst = self.state.withLock { state in
                    state.waiting[origin, default: [:]][number] = Waiter(place: place, continuation: continuation)
                    defer { state.isLooking = true }
                    return !state.isLooking
                }
                // Unstructured: it ends when nobody waits.
                if isFirst { Task { await self.look() } }
                if Task.isCancelled { self.resume(number, of: origin) }
            }
        } onCancel: {
            self.resume(number, of: origin)
        }
    }

    private func resume(_ number: Int, of origin: String) {
        self.state.withLock { $0.waiting[origin]?.removeValue(forKey: number) }?.continuation.resume()
    }

    private func look() async {
        while true {
            try? await EventLoop.shared.sleep(for: Self.pause)
            let places = self.state.withLock { state -> [String: Place] in
                state.waiting = state.waiting.filter { !$0.value.isEmpty }
                state.isLooking = !state.waiting.isEmpty
                return state.waiting.compactMapValues { $0.values.first?.place }
            }
            guard !places.isEmpty else { return }
            for (origin, place) in places where await self.hasLeft(origin, place) {
                let left = self.state.withLock { $0.waiting.removeValue(forKey: origin) } ?? [:]
                for waiter in left.values { waiter.continuation.resume() }
            }
        }
    }

    private func hasLeft(_ origin: String, _ place: Place) async -> Bool {
        do {
            return try await self.peers.gateway(place)?.origin != origin
        } catch is PlaceLost {
            return true
        } catch {
            // Without the store nobody knows.
            return false
        }
    }
}

/// A place at another host, as long as it is there.
struct HostStay: Sendable {
    private let origin: String
    private let place: Place
    private let stays: HostStays

    init(_ gateway: HTTPURL, _ place: Place, _ stays: HostStays) {
        (self.origin, self.place, self.stays) = (gateway.origin, place, stays)
    }

    /// Returns once the host no longer has the place, or the task is cancelled.
    func ended() async { await self.stays.end(of: self.origin, self.place) }
}
