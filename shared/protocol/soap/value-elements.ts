import { PT } from '../../mapi/property-tags.ts';

/** The element of a `propVal` that carries a value, and its SOAP type, by property type (MS-OXCDATA §2.11.1). */
const ELEMENTS = new Map<number, readonly [element: string, type: string]>([
  [PT.SHORT, ['i', 'short']],
  [PT.LONG, ['ul', 'unsignedInt']],
  [PT.FLOAT, ['flt', 'float']],
  [PT.DOUBLE, ['dbl', 'double']],
  [PT.CURRENCY, ['hilo', 'hiloLong']],
  [PT.APPTIME, ['dbl', 'double']],
  [PT.ERROR, ['ul', 'unsignedInt']],
  [PT.BOOLEAN, ['b', 'boolean']],
  [PT.OBJECT, ['bin', 'base64Binary']],
  [PT.LONGLONG, ['li', 'long']],
  [PT.STRING8, ['lpszA', 'string']],
  [PT.UNICODE, ['lpszA', 'string']],
  [PT.SYSTIME, ['hilo', 'hiloLong']],
  [PT.CLSID, ['bin', 'base64Binary']],
  [PT.RESTRICTION, ['res', 'restrictTable']],
  [PT.ACTIONS, ['actions', 'ArrayOfaction']],
  [PT.BINARY, ['bin', 'base64Binary']],
  [PT.MV_SHORT, ['mvi', 'ArrayOfshort']],
  [PT.MV_LONG, ['mvl', 'ArrayOfunsignedInt']],
  [PT.MV_FLOAT, ['mvflt', 'ArrayOffloat']],
  [PT.MV_DOUBLE, ['mvdbl', 'ArrayOfdouble']],
  [PT.MV_CURRENCY, ['mvhilo', 'ArrayOfhiloLong']],
  [PT.MV_APPTIME, ['mvdbl', 'ArrayOfdouble']],
  [PT.MV_LONGLONG, ['mvli', 'ArrayOflong']],
  [PT.MV_STRING8, ['mvszA', 'ArrayOfstring']],
  [PT.MV_UNICODE, ['mvszA', 'ArrayOfstring']],
  [PT.MV_SYSTIME, ['mvhilo', 'ArrayOfhiloLong']],
  [PT.MV_CLSID, ['mvbin', 'ArrayOfbase64Binary']],
  [PT.MV_BINARY, ['mvbin', 'ArrayOfbase64Binary']],
]);

/** Undefined for a type that MAPI does not have. */
export const valueElement = (type: number): readonly [element: string, type: string] | undefined => ELEMENTS.get(type);
