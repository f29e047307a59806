extension Duration {
    package var inSeconds: Double {
        Double(self.components.seconds) + Double(self.components.attoseconds) / 1e18
    }

    /// For people: `3 s`, `2 min`, `5 h`; rounded up, so that nobody retries too early.
    package var inWords: String {
        let seconds = Int(self.inSeconds.rounded(.up))
        return switch seconds {
        case ..<120: "\(max(seconds, 0)) s"
        case ..<7200: "\((seconds + 59) / 60) min"
        default: "\((seconds + 3599) / 3600) h"
        }
    }
}
