import { render } from "preact";
import { App } from "./app";
import { offerInstalling } from "./parts/install";

render(<App />, document.getElementById("page")!);
offerInstalling();
