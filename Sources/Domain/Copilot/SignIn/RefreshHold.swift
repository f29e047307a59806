internal import Lifecycle

/// After a failed exchange: until when GitHub is not asked again, and what is answered meanwhile.
struct RefreshHold: Sendable {
    let error: ModelError
    /// By the clock that nobody sets.
    let until: Double
    /// The sign-in files as they were; another state of them ends the hold.
    let stamp: [PrivateFile.Stamp]

    /// Waits grow with the number of failures in a row: 1, 2, 4 … 60 s where it may pass by itself, 1, 2, 4 … 30 min where
    /// the sign-in has to be mended.
    static func delay(_ kind: ExchangeFailure.Kind, failures: Int, jitter: Double) -> Double {
        let factor = Double(1 << min(max(failures - 1, 0), 10))
        return switch kind {
        case .signIn: min(60 * factor, 1_800)
        case .rateLimited(let wait): wait.inSeconds + jitter
        case .passing: min(factor, 60) * (0.75 + jitter / 4)
        }
    }
}
