import Foundation
import PackagePlugin

/// Embeds `config/jetbridge.*.yaml` and `config/jail.*.yaml` into the binary, which needs no source tree at run time.
@main
struct EmbedTemplates: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        let root = context.package.directoryURL
        let script = root.appending(path: "Plugins/EmbedTemplates/embed.sh")
        let output = context.pluginWorkDirectoryURL.appending(path: "TemplateFiles.swift")
        let templates = try FileManager.default
            .contentsOfDirectory(at: root.appending(path: "config"), includingPropertiesForKeys: nil)
            .filter { file in
                file.pathExtension == "yaml"
                    && (file.lastPathComponent.hasPrefix("jetbridge.") || file.lastPathComponent.hasPrefix("jail."))
            }
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
        return [
            .buildCommand(
                displayName: "Embedding the configuration templates", executable: URL(filePath: "/bin/sh"),
                arguments: [script.path, output.path, "TemplateFiles"] + templates.map(\.path),
                inputFiles: [script] + templates, outputFiles: [output])
        ]
    }
}
