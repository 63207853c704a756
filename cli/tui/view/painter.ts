import type { WindowState } from '../model/state.ts';
import type { Canvas } from './canvas.ts';

/** Paints one pane of the window. Pure but for the canvas. */
export type Painter = (canvas: Canvas, state: WindowState) => void;
