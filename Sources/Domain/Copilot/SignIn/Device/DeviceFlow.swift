internal import JSON
package import Models
package import Primitives

/// GitHub's device flow (RFC 8628) as a pure state machine.
///
/// Times are of a monotonic clock. Network failures do not end the flow; only the code's expiry does.
package struct DeviceFlow: Sendable {
    package enum Input: Sendable, Equatable {
        case begin
        case code(DeviceCode)
        case granted(DeviceGrant)
        /// GitHub's `error`, with the interval that may come with `slow_down`.
        case refused(String, interval: Duration?)
        /// No response, or a meaningless one; the reason is a clause.
        case failed(String)
        /// The last ``Action/wait(_:)`` is over.
        case timer
    }

    package enum Action: Sendable, Equatable {
        case requestCode
        case show(DeviceCode)
        case wait(Duration)
        case poll(deviceCode: Secret)
        case finish(DeviceGrant)
        case fail(ModelError)
    }

    private enum State: Sendable {
        case idle
        case requesting(failures: Int)
        /// Between two requests for a code.
        case pausing(failures: Int)
        case waiting(Pending)
        case polling(Pending)
        case ended
    }

    private struct Pending: Sendable {
        let code: DeviceCode
        var interval: Duration
        let end: Duration
    }

    /// How many times to request a code before reporting a network failure.
    private static let codeTries = 3
    private var state = State.idle

    /// - Parameter now: the time of a monotonic clock.
    package mutating func handle(_ input: Input, at now: Duration) -> [Action] {
        switch (self.state, input) {
        case (.idle, .begin):
            self.state = .requesting(failures: 0)
            return [.requestCode]
        case (.requesting, .code(let code)):
            let pending = Pending(code: code, interval: code.interval, end: now + code.expiresIn)
            return [.show(code)] + self.wait(pending, at: now)
        case (.requesting(let failures), .failed(let reason)):
            guard failures + 1 < Self.codeTries else {
                return self.end(
                    ModelError(
                        .unreachable,
                        "GitHub sent no sign-in code (\(reason)); check the network and copilot.github_url."))
            }
            self.state = .pausing(failures: failures + 1)
            return [.wait(.seconds(1 << failures))]
        case (.pausing(let failures), .timer):
            self.state = .requesting(failures: failures)
            return [.requestCode]
        case (.waiting(let pending), .timer):
            guard now < pending.end else { return self.end(Self.expired) }
            self.state = .polling(pending)
            return [.poll(deviceCode: pending.code.deviceCode)]
        case (.polling, .granted(let grant)):
            self.state = .ended
            return [.finish(grant)]
        case (.polling(let pending), .failed):
            return self.wait(pending, at: now)
        case (.polling(let pending), .refused(let error, let interval)):
            return self.pollRefused(error, interval, pending, at: now)
        case (.requesting, .refused(let error, _)):
            return self.end(Self.failure(error))
        default:
            // Inputs that no longer matter, such as a response after the end.
            return []
        }
    }

    private mutating func pollRefused(
        _ error: String, _ interval: Duration?, _ pending: Pending, at now: Duration
    ) -> [Action] {
        var pending = pending
        switch error {
        case "authorization_pending":
            return self.wait(pending, at: now)
        case "slow_down":
            // The longer interval applies to the rest of the flow.
            pending.interval = max(interval ?? pending.interval + .seconds(5), pending.interval)
            return self.wait(pending, at: now)
        default:
            return self.end(Self.failure(error))
        }
    }

    /// Waits for the next poll, a little longer than the interval, because GitHub penalises early polls; or for the
    /// code's expiry.
    private mutating func wait(_ pending: Pending, at now: Duration) -> [Action] {
        guard now < pending.end else { return self.end(Self.expired) }
        self.state = .waiting(pending)
        let pause = pending.interval + min(.seconds(1), pending.interval / 5)
        return [.wait(min(pause, pending.end - now))]
    }

    private mutating func end(_ error: ModelError) -> [Action] {
        self.state = .ended
        return [.fail(error)]
    }

    private static let expired = ModelError(
        .timedOut, "the code expired before it was entered; run 'jetbridge login' again.")

    private static func failure(_ error: String) -> ModelError {
        switch error {
        case "expired_token", "token_expired":
            Self.expired
        case "access_denied":
            ModelError(.unauthorized, "the sign-in was denied at GitHub; run 'jetbridge login' again to allow it.")
        case "device_flow_disabled":
            ModelError(
                .refused,
                "the app of copilot.client_id has its device flow disabled; enable it in the app's settings at "
                    + "GitHub.")
        case "incorrect_client_credentials", "not_found", "unauthorized_client", "invalid_client":
            ModelError(
                .refused,
                "GitHub has no app with this client id; set copilot.client_id to that of an app at this GitHub.")
        case "incorrect_device_code", "bad_verification_code":
            ModelError(.refused, "GitHub no longer accepts the code; run 'jetbridge login' again.")
        default:
            ModelError(
                .refused,
                "GitHub refused the sign-in (\(EndpointFailure(body: .string(error)).message)); check copilot.client_id."
            )
        }
    }
}
