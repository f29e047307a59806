internal import Lifecycle
internal import Models

/// After a failed exchange: when to ask GitHub again, and the error that requests get until then.
struct RefreshBackoff: Sendable {
    let error: ModelError
    /// In seconds of ``ClockReading/uptime``.
    let until: Double
    /// The state of the sign-in files; when it changes, the backoff ends early.
    let stamp: [PrivateFile.Stamp]

    /// Grows with the number of failures in a row: 1, 2, 4 … 60 s where the failure may pass by itself, 1, 2, 4 … 30
    /// min where a person has to sign in again.
    static func delay(_ kind: ExchangeFailure.Kind, failures: Int, jitter: Double) -> Double {
        let factor = Double(1 << min(max(failures - 1, 0), 10))
        return switch kind {
        case .signIn: min(60 * factor, 1_800)
        case .rateLimited(let wait): wait.inSeconds + jitter
        case .passing: min(factor, 60) * (0.75 + jitter / 4)
        }
    }
}
