import { importsWhole } from "./imports";

importsWhole("mitdb", "a perfect radio", {}, 1);
importsWhole("twelvelead", "a perfect radio", {}, 1);
