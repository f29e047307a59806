/// Chooses the strongest way to limit workspaces that this machine allows, by trying it.
package enum WorkspaceQuotas {
    package struct Choice: Sendable {
        package let quota: any WorkspaceQuota
        /// For each stronger way, why it is not available: `loop image: …`.
        package let shortcomings: [String]
    }

    /// - Parameter root: The folder of the workspaces; it must exist.
    package static func strongest(below root: String) async -> Choice {
        do throws(JailFailure) {
            return Choice(quota: try await LoopImages.probe(below: root), shortcomings: [])
        } catch {
            return Choice(quota: MeasuredQuota(), shortcomings: ["loop image: \(error.message)"])
        }
    }
}
