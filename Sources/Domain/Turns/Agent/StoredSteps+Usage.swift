package import Agent
package import Analytics
internal import Primitives
package import Store

extension StoredSteps {
    /// With what the steps use, for the analytics.
    package init(store: SessionStore, origin: UsageOrigin) {
        self.init(store: store) { costs in
            let usage = costs.map { cost in
                switch cost {
                case .answer(let call): UsageRecord(call)
                case .tool(let name, let model, let isDone, let milliseconds):
                    UsageRecord(
                        tool: name, of: model, isDone: isDone, milliseconds: milliseconds, at: WallClock.now())
                }
            }
            return { ledger, turn in try ledger.insert(usage, ofTurn: turn, from: origin) }
        }
    }
}
