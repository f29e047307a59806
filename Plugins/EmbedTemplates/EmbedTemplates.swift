import Foundation
import PackagePlugin

/// Embeds `config/jetbridge.*.yaml`, `config/jail.*.yaml` and `config/personas/*.yaml` into the binary, which needs no
/// source tree at run time.
@main
struct EmbedTemplates: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        let root = context.package.directoryURL
        let script = root.appending(path: "Plugins/EmbedTemplates/embed.sh")
        let templates = try Self.files(in: root.appending(path: "config")) { name in
            name.hasPrefix("jetbridge.") || name.hasPrefix("jail.")
        }
        let personas = try Self.files(in: root.appending(path: "config/personas")) { _ in true }
        return [("TemplateFiles", templates), ("PersonaFiles", personas)].map { type, files in
            let output = context.pluginWorkDirectoryURL.appending(path: "\(type).swift")
            return .buildCommand(
                displayName: "Embedding \(type)", executable: URL(filePath: "/bin/sh"),
                arguments: [script.path, output.path, type] + files.map(\.path),
                inputFiles: [script] + files, outputFiles: [output])
        }
    }

    private static func files(in folder: URL, where isWanted: (String) -> Bool) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "yaml" && isWanted($0.lastPathComponent) }
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
    }
}
